//+------------------------------------------------------------------+
//| CheckVectors.mqh                                                 |
//| the golden vectors through the structures of the link            |
//+------------------------------------------------------------------+
#ifndef DTMS_CHECK_VECTORS_MQH
#define DTMS_CHECK_VECTORS_MQH

#include "CheckReport.mqh"
#include "MessageEcho.mqh"

#define DTMS_VECTOR_FOLDER "DTMS\\vectors\\"
#define DTMS_VECTOR_ENDING ".msgpack"

//+------------------------------------------------------------------+
//| CCheckVectors: each vector is decoded and encoded again to the   |
//| same bytes, and each of its beginnings is refused                |
//+------------------------------------------------------------------+
class CCheckVectors
  {
private:
   CMsgPackReader    m_reader;
   CMsgPackWriter    m_writer;

   static bool       Load(const string name,uchar &bytes[],int &size);
   string            Fault(const uchar &bytes[],const int size);
   string            CutFault(const uchar &bytes[],const int size);

public:
   void              Run(CCheckReport &report);
  };

void CCheckVectors::Run(CCheckReport &report)
  {
   string name="";
   int total=0;
   long search=FileFindFirst(DTMS_VECTOR_FOLDER+"*"+DTMS_VECTOR_ENDING,name);
   bool more=(search!=INVALID_HANDLE);
   while(more)
     {
      uchar bytes[];
      int size=0;
      string fault="cannot be read";
      if(Load(name,bytes,size))
         fault=Fault(bytes,size);
      report.Check("vector "+StringSubstr(name,0,StringLen(name)-StringLen(DTMS_VECTOR_ENDING)),fault=="",fault);
      total++;
      more=FileFindNext(search,name);
     }
   if(search!=INVALID_HANDLE)
      FileFindClose(search);
   report.Check("vectors",total==DTMS_VECTORS,IntegerToString(total)+" of "+IntegerToString(DTMS_VECTORS)+
                " in MQL5\\Files\\"+DTMS_VECTOR_FOLDER+"; copy schemas/vectors/*"+DTMS_VECTOR_ENDING+" of the same version");
  }

bool CCheckVectors::Load(const string name,uchar &bytes[],int &size)
  {
   int handle=FileOpen(DTMS_VECTOR_FOLDER+name,FILE_READ|FILE_BIN|FILE_SHARE_READ);
   if(handle==INVALID_HANDLE)
      return(false);
   size=(int)FileReadArray(handle,bytes);
   FileClose(handle);
   return(size>0);
  }

//--- what is wrong with it; empty: nothing
string CCheckVectors::Fault(const uchar &bytes[],const int size)
  {
   uchar again[];
   if(!CMessageEcho::Frame(bytes,size,m_reader,m_writer))
      return("refused at byte "+IntegerToString(m_reader.Position()));
   m_writer.CopyTo(again);
   if(ArraySize(again)!=size)
      return("written again it has "+IntegerToString(ArraySize(again))+" bytes, not "+IntegerToString(size));
   for(int i=0; i<size; i++)
      if(again[i]!=bytes[i])
         return("written again it differs at byte "+IntegerToString(i));
   return(CutFault(bytes,size));
  }

//--- a frame that was cut anywhere is no frame
string CCheckVectors::CutFault(const uchar &bytes[],const int size)
  {
   for(int cut=0; cut<size; cut++)
      if(CMessageEcho::Frame(bytes,cut,m_reader,m_writer))
         return("its first "+IntegerToString(cut)+" bytes are accepted");
   return("");
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| SmallFile.mqh                                                    |
//| a file that is replaced as a whole                               |
//+------------------------------------------------------------------+
#ifndef DTMS_SMALL_FILE_MQH
#define DTMS_SMALL_FILE_MQH

#include "MsgPackReader.mqh"
#include "Rows.mqh"

#define DTMS_FILE_MOST 67108864  // what is larger was not written here

//+------------------------------------------------------------------+
//| CSmallFile: written beside, flushed, moved over the old one. A   |
//| program that dies in between leaves the old one or the next one, |
//| the latter perhaps beside still: that a move is one step is not  |
//| documented.                                                      |
//+------------------------------------------------------------------+
class CSmallFile
  {
private:
   static bool       Replace(const string name,const uchar &bytes[],const int size);
   static bool       LoadFrom(const string name,CMsgPackReader &content);

public:
   static string     Beside(const string name) { return(name+".tmp"); }
   static int        ReadBytes(const string name,uchar &bytes[]);
   static bool       WriteBytes(const string name,const uchar &bytes[],const int size);
   static bool       Save(const string name,const CMsgPackWriter &content);
   static bool       Load(const string name,CMsgPackReader &content);
  };

//--- everything that is in it; -1: it cannot be read, or is too large
int CSmallFile::ReadBytes(const string name,uchar &bytes[])
  {
   ResetLastError();
   int file=FileOpen(name,FILE_READ|FILE_BIN);
   if(file==INVALID_HANDLE)
      return(-1);
   ulong size=FileSize(file);
   bool read=(size<=(ulong)DTMS_FILE_MOST && (size==0 || FileReadArray(file,bytes,0,(int)size)==(uint)size));
   FileClose(file);
   return(read ? (int)size : -1);
  }

//--- replaces it by these bytes; false: the old one is there still
bool CSmallFile::WriteBytes(const string name,const uchar &bytes[],const int size)
  {
   if(Replace(name,bytes,size))
      return(true);
   if(FileIsExist(Beside(name)) && !FileDelete(Beside(name)))
      ResetLastError();
   return(false);
  }

bool CSmallFile::Replace(const string name,const uchar &bytes[],const int size)
  {
   string beside=Beside(name);
   ResetLastError();
   int file=FileOpen(beside,FILE_WRITE|FILE_BIN);
   if(file==INVALID_HANDLE)
      return(false);
   bool written=(size==0 || FileWriteArray(file,bytes,0,size)==(uint)size);
   FileFlush(file);
   written=(written && GetLastError()==0);
   FileClose(file);
   return(written && FileMove(beside,0,name,FILE_REWRITE));
  }

//--- one document, with its check sum
bool CSmallFile::Save(const string name,const CMsgPackWriter &content)
  {
   uchar row[];
   int size=CRows::Pack(content,row);
   return(size>0 && WriteBytes(name,row,size));
  }

//--- the document; false: not there, or not whole
bool CSmallFile::Load(const string name,CMsgPackReader &content)
  {
   return(LoadFrom(name,content) || (!FileIsExist(name) && LoadFrom(Beside(name),content)));
  }

bool CSmallFile::LoadFrom(const string name,CMsgPackReader &content)
  {
   uchar bytes[];
   int size=0;
   int total=ReadBytes(name,bytes);
   if(total<=0 || CRows::Look(bytes,0,total,size)!=ROW_WHOLE)
      return(false);
   content.Attach(bytes,DTMS_ROW_HEAD,size);
   return(true);
  }

#endif
//+------------------------------------------------------------------+

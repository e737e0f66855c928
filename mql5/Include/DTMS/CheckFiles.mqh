//+------------------------------------------------------------------+
//| CheckFiles.mqh                                                   |
//| files as whoever keeps state in them needs them                  |
//+------------------------------------------------------------------+
#ifndef DTMS_CHECK_FILES_MQH
#define DTMS_CHECK_FILES_MQH

#include "Bytes.mqh"
#include "CheckReport.mqh"

#define DTMS_CHECK_PART  "DTMS\\selftest.part"
#define DTMS_CHECK_WHOLE "DTMS\\selftest.whole"

//+------------------------------------------------------------------+
//| CCheckFiles: what was flushed is there for another reader, and a |
//| move replaces a file as a whole                                  |
//+------------------------------------------------------------------+
class CCheckFiles
  {
private:
   static bool       Write(const string name,const string text);
   static string     Read(const string name);
   static string     FlushFault(void);
   static string     MoveFault(void);

public:
   static void       Run(CCheckReport &report);
  };

void CCheckFiles::Run(CCheckReport &report)
  {
   string fault=FlushFault();
   report.Check("file flush",fault=="",fault);
   fault=MoveFault();
   report.Check("file move",fault=="",fault);
   if(FileIsExist(DTMS_CHECK_PART) && !FileDelete(DTMS_CHECK_PART))
      report.Note("file left behind",DTMS_CHECK_PART);
   if(FileIsExist(DTMS_CHECK_WHOLE) && !FileDelete(DTMS_CHECK_WHOLE))
      report.Note("file left behind",DTMS_CHECK_WHOLE);
  }

//--- flushed bytes are readable while the writer has the file open still
string CCheckFiles::FlushFault(void)
  {
   uchar bytes[];
   int size=CBytes::FromText("flushed",bytes);
   ResetLastError();
   int handle=FileOpen(DTMS_CHECK_PART,FILE_WRITE|FILE_BIN|FILE_SHARE_READ);
   if(handle==INVALID_HANDLE)
      return("cannot open, error "+IntegerToString(GetLastError()));
   uint written=FileWriteArray(handle,bytes,0,size);
   FileFlush(handle);
   string seen=Read(DTMS_CHECK_PART);
   FileClose(handle);
   if(written!=(uint)size)
      return("cannot write");
   return(seen=="flushed" ? "" : "another reader sees \""+seen+"\"");
  }

//--- the file at the target is replaced, the one at the source is gone
string CCheckFiles::MoveFault(void)
  {
   if(!Write(DTMS_CHECK_WHOLE,"old") || !Write(DTMS_CHECK_PART,"changed"))
      return("cannot write, error "+IntegerToString(GetLastError()));
   ResetLastError();
   if(!FileMove(DTMS_CHECK_PART,0,DTMS_CHECK_WHOLE,FILE_REWRITE))
      return("FileMove with FILE_REWRITE fails, error "+IntegerToString(GetLastError()));
   if(FileIsExist(DTMS_CHECK_PART))
      return("the source is still there");
   string seen=Read(DTMS_CHECK_WHOLE);
   return(seen=="changed" ? "" : "the target holds \""+seen+"\"");
  }

bool CCheckFiles::Write(const string name,const string text)
  {
   uchar bytes[];
   int size=CBytes::FromText(text,bytes);
   ResetLastError();
   int handle=FileOpen(name,FILE_WRITE|FILE_BIN);
   if(handle==INVALID_HANDLE)
      return(false);
   uint written=FileWriteArray(handle,bytes,0,size);
   FileClose(handle);
   return(written==(uint)size);
  }

//--- empty: it cannot be read
string CCheckFiles::Read(const string name)
  {
   uchar bytes[];
   int handle=FileOpen(name,FILE_READ|FILE_BIN|FILE_SHARE_READ|FILE_SHARE_WRITE);
   if(handle==INVALID_HANDLE)
      return("");
   int size=(int)FileReadArray(handle,bytes);
   FileClose(handle);
   return(size>0 ? CharArrayToString(bytes,0,size,CP_UTF8) : "");
  }

#endif
//+------------------------------------------------------------------+

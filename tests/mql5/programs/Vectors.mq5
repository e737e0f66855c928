//+------------------------------------------------------------------+
//| Vectors.mq5                                                      |
//| reads every *.msgpack of its files folder and writes it again    |
//+------------------------------------------------------------------+
#include <DTMS/MessageEcho.mqh>

CMsgPackReader g_reader;
CMsgPackWriter g_writer;

bool ReadFile(const string name,uchar &bytes[],int &size)
  {
   int handle=FileOpen(name,FILE_READ|FILE_BIN);
   if(handle==INVALID_HANDLE)
      return(false);
   size=(int)FileReadArray(handle,bytes);
   FileClose(handle);
   return(size>0);
  }

bool WriteFile(const string name)
  {
   uchar bytes[];
   g_writer.CopyTo(bytes);
   int handle=FileOpen(name,FILE_WRITE|FILE_BIN);
   if(handle==INVALID_HANDLE)
      return(false);
   uint written=FileWriteArray(handle,bytes);
   FileClose(handle);
   return(written==(uint)ArraySize(bytes));
  }

void OnStart(void)
  {
   string name="";
   long search=FileFindFirst("*.msgpack",name);
   if(search==INVALID_HANDLE)
      return;
   bool more=true;
   while(more)
     {
      uchar bytes[];
      int size=0;
      if(!ReadFile(name,bytes,size) || !CMessageEcho::Frame(bytes,size,g_reader,g_writer) || !WriteFile(name+".again"))
         Print("refused "+name);
      more=FileFindNext(search,name);
     }
   FileFindClose(search);
  }

//+------------------------------------------------------------------+
//| Documents.mq5                                                    |
//| reads the documents of a file, counts and writes what it takes   |
//+------------------------------------------------------------------+
#include <DTMS/FrameHeader.mqh>
#include "Reencode.mqh"

CReencoder g_reencoder;
CMsgPackWriter g_writer;

//--- every way of reading, on any bytes; what counts is that none goes wrong
void ReadAll(const uchar &bytes[],const int size,int &skipped,int &taken)
  {
   CMsgPackReader reader;
   string text="";
   double real=0.0;
   ulong natural=0;
   long whole=0;
   bool flag=false;
   int total=0;
   SFrameHeader header;
   reader.Attach(bytes,0,size);
   if(reader.Skip() && reader.AtEnd())
      skipped++;
   for(int i=0; i<7; i++)
     {
      reader.Attach(bytes,0,size);
      bool good=(i==0 && reader.Text(text)) || (i==1 && reader.Real(real)) || (i==2 && reader.UInt(natural)) || (i==3 && reader.Int(whole)) ||
                (i==4 && reader.Flag(flag)) || (i==5 && reader.Array(total)) || (i==6 && header.Read(reader));
      if(good)
         taken++;
     }
  }

//--- appends what was written, behind its length in four bytes
void Append(uchar &file[],const CMsgPackWriter &document)
  {
   uchar bytes[];
   int at=ArraySize(file);
   document.CopyTo(bytes);
   if(ArrayResize(file,at+4,1048576)!=at+4)
      return;
   CBytes::WriteBigEndian(file,at,4,(ulong)ArraySize(bytes));
   if(ArraySize(bytes)>0)
      ArrayCopy(file,bytes,at+4,0,ArraySize(bytes));
  }

bool Save(const string name,const uchar &file[])
  {
   int handle=FileOpen(name,FILE_WRITE|FILE_BIN);
   if(handle==INVALID_HANDLE)
      return(false);
   uint written=FileWriteArray(handle,file);
   FileClose(handle);
   return(written==(uint)ArraySize(file));
  }

//--- the files: length of each document in four bytes, then the document; of one that was refused, what was written before
void OnStart(void)
  {
   uchar file[];
   uchar written[];
   int handle=FileOpen("documents.bin",FILE_READ|FILE_BIN);
   if(handle==INVALID_HANDLE)
      return;
   int end=(int)FileReadArray(handle,file);
   FileClose(handle);
   int at=0;
   int skipped=0;
   int taken=0;
   int again=0;
   string verdicts="";
   while(at+4<=end)
     {
      int size=(int)CBytes::ReadBigEndian(file,at,4);
      uchar document[];
      at+=4;
      if(size>0)
         ArrayCopy(document,file,0,at,size);
      at+=size;
      ReadAll(document,size,skipped,taken);
      bool same=g_reencoder.Document(document,size,g_writer);
      if(same)
         again++;
      verdicts+=(same ? "1" : "0");
      Append(written,g_writer);
     }
   Print("skipped="+IntegerToString(skipped)+";taken="+IntegerToString(taken)+";again="+IntegerToString(again));
   Print(verdicts);
   if(!Save("again.bin",written))
      Print("cannot save");
  }

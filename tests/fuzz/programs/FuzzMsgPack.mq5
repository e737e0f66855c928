//+------------------------------------------------------------------+
//| FuzzMsgPack.mq5                                                  |
//| any bytes through the MessagePack reader and the structures      |
//+------------------------------------------------------------------+
#include <DTMS/MessageEcho.mqh>
#include "../../mql5/programs/Reencode.mqh"
#include "Input.mqh"

//--- a text that was read is the bytes before the place where the reader stands
void CheckText(const uchar &bytes[],const int end,const string text)
  {
   uchar again[];
   int size=CBytes::FromText(text,again);
   if(size>end || !CBytes::Same(bytes,end-size,size,again,size))
      CInput::Broken("a text has the bytes of its document");
  }

//--- every way of reading, from every one of the first bytes on
void ReadFrom(const uchar &bytes[],const int from,const int size)
  {
   CMsgPackReader reader;
   string text="";
   double real=0.0;
   ulong natural=0;
   long whole=0;
   bool flag=false;
   int total=0;
   for(int way=0; way<8; way++)
     {
      reader.Attach(bytes,from,size);
      bool good=(way==0 && reader.Text(text)) || (way==1 && reader.Real(real)) || (way==2 && reader.UInt(natural)) ||
                (way==3 && reader.Int(whole)) || (way==4 && reader.Flag(flag)) || (way==5 && reader.Array(total)) ||
                (way==6 && reader.TakeNil()) || (way==7 && reader.Skip());
      if(reader.Position()>size)
         CInput::Broken("a reader stays inside its document");
      if(good && reader.Failed())
         CInput::Broken("a reader that gave something has not failed");
      if(good && way==0)
         CheckText(bytes,from+reader.Position(),text);
      if(good && way==5 && total>size)
         CInput::Broken("an array has no more elements than bytes");
     }
  }

//--- a frame that is understood is written in one way, and that is understood too
void CheckFrame(const uchar &bytes[],const int size)
  {
   CMsgPackReader reader;
   CMsgPackWriter writer;
   uchar once[];
   uchar twice[];
   if(!CMessageEcho::Frame(bytes,size,reader,writer))
      return;
   writer.CopyTo(once);
   if(ArraySize(once)>size+DTMS_FRAME_WIDTH)
      CInput::Broken("what is written is no longer than what was read");
   if(!CMessageEcho::Frame(once,ArraySize(once),reader,writer))
      CInput::Broken("what is written is understood");
   writer.CopyTo(twice);
   if(!CInput::Same(once,twice))
      CInput::Broken("one message has one form");
  }

//--- the same for any document
void CheckDocument(const uchar &bytes[],const int size)
  {
   CReencoder reencoder;
   CMsgPackWriter writer;
   uchar once[];
   uchar twice[];
   if(!reencoder.Document(bytes,size,writer))
      return;
   writer.CopyTo(once);
   if(ArraySize(once)>size)
      CInput::Broken("the writer's form is the shortest");
   if(!reencoder.Document(once,ArraySize(once),writer))
      CInput::Broken("a written document is a document");
   writer.CopyTo(twice);
   if(!CInput::Same(once,twice))
      CInput::Broken("one document has one form");
  }

void OnStart(void)
  {
   uchar bytes[];
   int size=CInput::Take(bytes);
   CMsgPackReader reader;
   reader.Attach(bytes,1,size);
   if(!reader.Failed())
      CInput::Broken("a range outside the array is refused");
   for(int from=0; from<=size && from<16; from++)
      ReadFrom(bytes,from,size-from);
   CheckFrame(bytes,size);
   CheckDocument(bytes,size);
  }

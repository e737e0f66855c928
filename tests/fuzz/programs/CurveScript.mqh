//+------------------------------------------------------------------+
//| CurveScript.mqh                                                  |
//| what a far end with the right keys says, out of an input         |
//+------------------------------------------------------------------+
#ifndef DTMS_FUZZ_CURVE_SCRIPT_MQH
#define DTMS_FUZZ_CURVE_SCRIPT_MQH

#include <DTMS/CurveTraffic.mqh>
#include <DTMS/ZmtpCommand.mqh>
#include <DTMS/ZmtpGreeting.mqh>
#include <DTMS/ZmtpMetadata.mqh>
#include "FixedKeys.mqh"
#include "Input.mqh"

//--- a step of an input: what, how many bytes (two of them with FUZZ_LONG), the bytes
#define FUZZ_RAW       0    // as they are
#define FUZZ_COMMAND   1    // in an open command
#define FUZZ_GREETING  2    // no bytes, or place and change
#define FUZZ_WELCOME   3    // in its box; none: the right ones
#define FUZZ_READY     4    // the same
#define FUZZ_MESSAGE   5    // in its box; this and the next two: flags 0 to 2
#define FUZZ_FLAGS     8    // in its box; the first byte is the flags
#define FUZZ_NUMBER    9    // the next box's number: 8 bytes, or fewer to be added
#define FUZZ_DAMAGE    10   // of the next box: place (two bytes), change
#define FUZZ_LARGE     11   // a message of 256 times the first byte
#define FUZZ_AGAIN     12   // the last box once more
#define FUZZ_OPENING   13   // greeting, WELCOME and READY in order
#define FUZZ_KINDS     14
#define FUZZ_LONG      0x80
#define FUZZ_MOST      262144   // bytes that are said at most

//+------------------------------------------------------------------+
//| CCurveScript: the far end's words, and which messages it really  |
//| has sealed: no other may ever be told.                           |
//+------------------------------------------------------------------+
class CCurveScript
  {
private:
   uchar             m_said[];
   int               m_size;
   uchar             m_hello_key[];
   uchar             m_key[];
   uchar             m_short[];
   ulong             m_number;
   int               m_damage_at;
   uchar             m_damage;
   uchar             m_last[];
   uchar             m_sealed[];      // contents of messages, one behind the other
   int               m_ends[];
   int               m_next;

   void              Say(const uchar &bytes[],const int size);
   void              SayFrame(const uchar &content[],const int size,const int flags);
   void              SayBox(const string name,const uchar &key[],const uchar &nonce[],const int tail,const uchar &text[],const int size);
   void              SayGreeting(const uchar &bytes[],const int size);
   void              SayWelcome(const uchar &text[],const int size);
   void              SayReady(const uchar &properties[],const int size);
   void              SayMessage(const uchar &bytes[],const int size,const int flags);
   void              SayNumbered(const string name,const string prefix,const uchar &text[],const int size);
   void              SetNumber(const uchar &bytes[],const int size);
   void              SetDamage(const uchar &bytes[],const int size);
   void              SayLarge(const int blocks);
   void              Step(const int kind,const uchar &bytes[],const int size);
   void              Opening(void);

public:
                     CCurveScript(void);
   void              Compose(const uchar &steps[],const int size);
   int               CopyTo(uchar &target[]) const;
   void              Rewind(void) { m_next=0; }
   bool              Sealed(const uchar &message[],const int size);
  };

CCurveScript::CCurveScript(void) : m_size(0),m_number(0),m_damage_at(-1),m_damage(0),m_next(0)
  {
   uchar server[];
   uchar theirs[];
   uchar ours[];
   uchar client[];
   CKeyFile::Secret(server,FUZZ_SERVER);
   CKeyFile::Secret(theirs,FUZZ_THEIRS);
   CKeyFile::Secret(ours,FUZZ_OURS);
   if(!CX25519::PublicKey(client,ours) || !CX25519::PublicKey(m_short,theirs) || !CSecretBox::SharedKey(m_hello_key,client,server)
      || !CSecretBox::SharedKey(m_key,client,theirs))
      CInput::Broken("fixed keys are keys");
  }

//--- step by step through the input
void CCurveScript::Compose(const uchar &steps[],const int size)
  {
   uchar bytes[];
   int at=0;
   while(at+1<size && m_size<FUZZ_MOST)
     {
      int kind=steps[at];
      int length=steps[at+1];
      at+=2;
      if((kind&FUZZ_LONG)!=0 && at<size)
        {
         length=256*length+(int)steps[at];
         at++;
        }
      if(length>size-at)
         length=size-at;
      ArrayResize(bytes,length);
      if(length>0)
         ArrayCopy(bytes,steps,0,at,length);
      at+=length;
      Step((kind&~FUZZ_LONG)%FUZZ_KINDS,bytes,length);
     }
  }

void CCurveScript::Step(const int kind,const uchar &bytes[],const int size)
  {
   switch(kind)
     {
      case FUZZ_RAW:
         Say(bytes,size);
         break;
      case FUZZ_COMMAND:
         SayFrame(bytes,size,4);
         break;
      case FUZZ_GREETING:
         SayGreeting(bytes,size);
         break;
      case FUZZ_WELCOME:
         SayWelcome(bytes,size);
         break;
      case FUZZ_READY:
         SayReady(bytes,size);
         break;
      case FUZZ_NUMBER:
         SetNumber(bytes,size);
         break;
      case FUZZ_DAMAGE:
         SetDamage(bytes,size);
         break;
      case FUZZ_LARGE:
         SayLarge(size>0 ? (int)bytes[0] : 0);
         break;
      case FUZZ_AGAIN:
         Say(m_last,ArraySize(m_last));
         break;
      case FUZZ_OPENING:
         Opening();
         break;
      default:
         SayMessage(bytes,size,kind-FUZZ_MESSAGE);
         break;
     }
  }

void CCurveScript::Opening(void)
  {
   uchar nothing[];
   SayGreeting(nothing,0);
   SayWelcome(nothing,0);
   SayReady(nothing,0);
  }

void CCurveScript::Say(const uchar &bytes[],const int size)
  {
   if(size>0 && ArrayCopy(m_said,bytes,m_size,0,size)==size)
      m_size+=size;
  }

void CCurveScript::SayFrame(const uchar &content[],const int size,const int flags)
  {
   uchar head[9];
   bool is_long=(size>255);
   head[0]=(uchar)(is_long ? flags|2 : flags);
   CBytes::WriteBigEndian(head,1,is_long ? 8 : 1,(ulong)size);
   Say(head,is_long ? 9 : 2);
   Say(content,size);
  }

void CCurveScript::SayGreeting(const uchar &bytes[],const int size)
  {
   CZmtpGreeting greeting;
   uchar said[];
   if(!greeting.Begin("CURVE",said))
      return;
   if(size>=2)
      said[bytes[0]%ZMTP_GREETING_SIZE]^=bytes[1];
   Say(said,ZMTP_GREETING_SIZE);
  }

//--- one box: name, the last `tail` bytes of the nonce, the box
void CCurveScript::SayBox(const string name,const uchar &key[],const uchar &nonce[],const int tail,const uchar &text[],const int size)
  {
   uchar box[];
   int at=CZmtpCommand::Begin(name,box);
   ArrayCopy(box,nonce,at,DTMS_NONCE_SIZE-tail,tail);
   at+=tail;
   if(!CSecretBox::Seal(box,at,key,nonce,text,size))
      return;
   int end=at+DTMS_TAG_SIZE+size;
   if(m_damage_at>=0)
      box[m_damage_at%end]^=m_damage;
   m_damage_at=-1;
   int from=m_size;
   SayFrame(box,end,name=="MESSAGE" ? 0 : 4);
   ArrayFree(m_last);
   ArrayCopy(m_last,m_said,0,from,m_size-from);
  }

void CCurveScript::SayWelcome(const uchar &text[],const int size)
  {
   uchar nonce[DTMS_NONCE_SIZE];
   uchar prefix[];
   uchar right[];
   ArrayFill(nonce,0,DTMS_NONCE_SIZE,0);
   int prefix_size=CBytes::FromText("WELCOME-",prefix);
   ArrayCopy(nonce,prefix,0,0,prefix_size);
   if(size>0)
     {
      SayBox("WELCOME",m_hello_key,nonce,16,text,size);
      return;
     }
   if(ArrayResize(right,128)!=128)
      return;
   ArrayFill(right,0,128,0);
   ArrayCopy(right,m_short,0,0,DTMS_KEY_SIZE);
   SayBox("WELCOME",m_hello_key,nonce,16,right,128);
  }

void CCurveScript::SayReady(const uchar &properties[],const int size)
  {
   uchar right[];
   uchar type[];
   if(size>0)
     {
      SayNumbered("READY","CurveZMQREADY---",properties,size);
      return;
     }
   int type_size=CBytes::FromText("ROUTER",type);
   int right_size=CZmtpMetadata::Append(right,0,"Socket-Type",type,type_size);
   SayNumbered("READY","CurveZMQREADY---",right,right_size);
  }

void CCurveScript::SayNumbered(const string name,const string prefix,const uchar &text[],const int size)
  {
   uchar nonce[DTMS_NONCE_SIZE];
   uchar words[];
   int words_size=CBytes::FromText(prefix,words);
   ArrayCopy(nonce,words,0,0,words_size);
   m_number++;
   CBytes::WriteBigEndian(nonce,16,8,m_number);
   SayBox(name,m_key,nonce,8,text,size);
  }

//--- flags 3: the first byte is the flags
void CCurveScript::SayMessage(const uchar &bytes[],const int size,const int flags)
  {
   uchar text[];
   bool whole=(m_damage_at<0 || m_damage==0);
   int from=(flags==FUZZ_FLAGS-FUZZ_MESSAGE ? 0 : 1);
   if(ArrayResize(text,from+size)!=from+size)
      return;
   if(from==1)
      text[0]=(uchar)flags;
   if(size>0)
      ArrayCopy(text,bytes,from,0,size);
   SayNumbered("MESSAGE","CurveZMQMESSAGES",text,from+size);
   if(!whole || from+size==0 || text[0]>1)
      return;
   int total=ArraySize(m_ends);
   int begin=(total>0 ? m_ends[total-1] : 0);
   int content=from+size-1;
   if(content>0)
      ArrayCopy(m_sealed,text,begin,1,content);
   if(ArrayResize(m_ends,total+1,256)==total+1)
      m_ends[total]=begin+content;
  }

void CCurveScript::SetNumber(const uchar &bytes[],const int size)
  {
   if(size>=8)
      m_number=CBytes::ReadBigEndian(bytes,0,8);
   else
      if(size>0)
         m_number+=(ulong)(long)(char)bytes[0];
  }

void CCurveScript::SetDamage(const uchar &bytes[],const int size)
  {
   if(size<3)
      return;
   m_damage_at=(int)CBytes::ReadBigEndian(bytes,0,2);
   m_damage=bytes[2];
  }

void CCurveScript::SayLarge(const int blocks)
  {
   uchar large[];
   if(ArrayResize(large,256*blocks)!=256*blocks)
      return;
   ArrayInitialize(large,0x55);
   SayMessage(large,256*blocks,0);
  }

int CCurveScript::CopyTo(uchar &target[]) const
  {
   if(m_size>0)
      ArrayCopy(target,m_said,0,0,m_size);
   return(m_size);
  }

//--- whether a message that was told is one of those that were sealed, behind the last one that was
bool CCurveScript::Sealed(const uchar &message[],const int size)
  {
   while(m_next<ArraySize(m_ends))
     {
      int begin=(m_next>0 ? m_ends[m_next-1] : 0);
      int content=m_ends[m_next]-begin;
      m_next++;
      if(content==size && (size==0 || CBytes::Same(m_sealed,begin,size,message,size)))
         return(true);
     }
   return(false);
  }

#endif
//+------------------------------------------------------------------+

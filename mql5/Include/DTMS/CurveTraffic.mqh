//+------------------------------------------------------------------+
//| CurveTraffic.mqh                                                 |
//| messages behind a CURVE handshake                                |
//+------------------------------------------------------------------+
#ifndef DTMS_CURVE_TRAFFIC_MQH
#define DTMS_CURVE_TRAFFIC_MQH

#include "Bytes.mqh"
#include "SecretBox.mqh"

//--- of a MESSAGE: its name with the length, and the short nonce; then the box: tag, flags, message
#define DTMS_CURVE_HEAD      16
#define DTMS_CURVE_OVERHEAD  33
//--- flags within the box (RFC 26)
#define DTMS_CURVE_MORE      1
#define DTMS_CURVE_COMMAND   2

//+------------------------------------------------------------------+
//| CCurveTraffic: the command MESSAGE of RFC 26, both ways, with    |
//| the key of one connection. Numbers in nonces rise with each      |
//| message; one that does not is a replay and is refused like a     |
//| forgery.                                                         |
//+------------------------------------------------------------------+
class CCurveTraffic
  {
private:
   uchar             m_key[];
   uchar             m_out[DTMS_NONCE_SIZE];
   uchar             m_in[DTMS_NONCE_SIZE];
   uchar             m_name[];
   uchar             m_text[];
   ulong             m_sent;
   ulong             m_received;

   static void       Prefix(uchar &nonce[],const string text);

public:
                     CCurveTraffic(void);
   void              Begin(const uchar &key[],const ulong sent,const ulong received);
   void              End(void);
   int               Seal(const uchar &message[],const int size,const int flags,uchar &sealed[]);
   int               Open(const uchar &sealed[],const int size,uchar &message[],int &flags);
  };

CCurveTraffic::CCurveTraffic(void) : m_sent(0),m_received(0)
  {
   uchar word[];
   int size=CBytes::FromText("MESSAGE",word);
   if(ArrayResize(m_name,8)==8)
      m_name[0]=(uchar)size;
   ArrayCopy(m_name,word,1,0,size);
   Prefix(m_out,"CurveZMQMESSAGEC");
   Prefix(m_in,"CurveZMQMESSAGES");
  }

//--- 16 characters in front of the number
void CCurveTraffic::Prefix(uchar &nonce[],const string text)
  {
   uchar bytes[];
   int size=CBytes::FromText(text,bytes);
   ArrayCopy(nonce,bytes,0,0,size);
  }

//--- the key of the connection, and the last numbers used both ways in the handshake
void CCurveTraffic::Begin(const uchar &key[],const ulong sent,const ulong received)
  {
   ArrayCopy(m_key,key,0,0,DTMS_KEY_SIZE);
   m_sent=sent;
   m_received=received;
  }

//--- forgets the key; nothing can be sealed or opened
void CCurveTraffic::End(void)
  {
   if(ArraySize(m_key)>0)
      ArrayFill(m_key,0,ArraySize(m_key),0);
   ArrayFree(m_key);
  }

//--- returns the size of what is sealed (the array may be longer), -1: not possible
int CCurveTraffic::Seal(const uchar &message[],const int size,const int flags,uchar &sealed[])
  {
   if(ArraySize(m_key)==0 || (ArraySize(m_text)<size+1 && ArrayResize(m_text,size+1,4096)<size+1))
      return(-1);
   m_text[0]=(uchar)flags;
   if(size>0)
      ArrayCopy(m_text,message,1,0,size);
   m_sent++;
   CBytes::WriteBigEndian(m_out,16,8,m_sent);
   if(!CSecretBox::Seal(sealed,DTMS_CURVE_HEAD,m_key,m_out,m_text,size+1))
      return(-1);
   ArrayCopy(sealed,m_name,0,0,8);
   CBytes::WriteBigEndian(sealed,8,8,m_sent);
   return(size+DTMS_CURVE_OVERHEAD);
  }

//--- returns the message's size (the array may be longer), -1: a forgery, a replay, or nothing of this connection
int CCurveTraffic::Open(const uchar &sealed[],const int size,uchar &message[],int &flags)
  {
   if(ArraySize(m_key)==0 || size<DTMS_CURVE_OVERHEAD || !CBytes::Same(sealed,0,8,m_name,8))
      return(-1);
   ulong number=CBytes::ReadBigEndian(sealed,8,8);
   if(number<=m_received)
      return(-1);
   CBytes::WriteBigEndian(m_in,16,8,number);
   int opened=CSecretBox::Open(m_text,m_key,m_in,sealed,DTMS_CURVE_HEAD,size-DTMS_CURVE_HEAD);
   if(opened<1 || m_text[0]>DTMS_CURVE_COMMAND)
      return(-1);
   m_received=number;
   flags=m_text[0];
   if(opened>1)
      ArrayCopy(message,m_text,0,1,opened-1);
   return(opened-1);
  }

#endif
//+------------------------------------------------------------------+

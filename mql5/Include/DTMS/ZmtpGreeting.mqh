//+------------------------------------------------------------------+
//| ZmtpGreeting.mqh                                                 |
//| the first 64 bytes of a ZMTP connection, both ways               |
//+------------------------------------------------------------------+
#ifndef DTMS_ZMTP_GREETING_MQH
#define DTMS_ZMTP_GREETING_MQH

#include "Bytes.mqh"

//--- ZMTP 3.1 (RFC 37): signature 10, version 2, mechanism 20, as-server 1, filler 31
#define ZMTP_GREETING_SIZE  64
#define ZMTP_MECHANISM_FROM 12
#define ZMTP_MECHANISM_SIZE 20

//+------------------------------------------------------------------+
//| CZmtpGreeting: says ours and reads the peer's as it drips in. A  |
//| byte that cannot belong to a greeting is refused at once.        |
//+------------------------------------------------------------------+
class CZmtpGreeting
  {
private:
   uchar             m_wanted[];
   int               m_have;
   int               m_minor;
   string            m_error;

   bool              Fits(const int at,const int value);
   static string     Advice(const int at,const int value);

public:
                     CZmtpGreeting(void);
   bool              Begin(const string mechanism,uchar &ours[]);
   int               Feed(const uchar &data[],const int from,const int size);
   bool              Complete(void) const { return(m_have==ZMTP_GREETING_SIZE); }
   bool              Failed(void) const { return(m_error!=""); }
   string            Error(void) const { return(m_error); }
   int               Minor(void) const { return(m_minor); }
  };

CZmtpGreeting::CZmtpGreeting(void) : m_have(0),m_minor(0),m_error("")
  {
  }

//--- starts over and gives the 64 bytes to send; false only without memory
bool CZmtpGreeting::Begin(const string mechanism,uchar &ours[])
  {
   m_have=0;
   m_minor=0;
   m_error="";
   uchar name[];
   int size=CBytes::FromText(mechanism,name);
   if(ArrayResize(ours,ZMTP_GREETING_SIZE)!=ZMTP_GREETING_SIZE || ArrayResize(m_wanted,ZMTP_GREETING_SIZE)!=ZMTP_GREETING_SIZE)
      return(false);
   for(int i=0; i<ZMTP_GREETING_SIZE; i++)
      ours[i]=0;
   ours[0]=0xFF;
   ours[9]=0x7F;
   ours[10]=3;
   ours[11]=1;
   for(int i=0; i<size && i<ZMTP_MECHANISM_SIZE; i++)
      ours[ZMTP_MECHANISM_FROM+i]=name[i];
   ArrayCopy(m_wanted,ours,0,0,ZMTP_GREETING_SIZE);
   return(true);
  }

//--- takes bytes of the peer's greeting; returns how many belonged to it
int CZmtpGreeting::Feed(const uchar &data[],const int from,const int size)
  {
   int taken=0;
   while(taken<size && !Complete() && !Failed())
     {
      if(Fits(m_have,data[from+taken]))
         m_have++;
      taken++;
     }
   return(taken);
  }

//--- whether a byte may stand there. The padding of the signature, as-server and the filler are the peer's business.
bool CZmtpGreeting::Fits(const int at,const int value)
  {
   if((at==0 && value!=0xFF) || (at==9 && value!=0x7F))
      m_error="the peer does not speak ZeroMQ";
   if(at==10 && value<3)
      m_error="the peer speaks ZMTP "+IntegerToString(value)+", wanted is 3";
   if(at==11)
      m_minor=value;
   if(at>=ZMTP_MECHANISM_FROM && at<ZMTP_MECHANISM_FROM+ZMTP_MECHANISM_SIZE && value!=(int)m_wanted[at])
      m_error="the peer wants another security mechanism"+Advice(at,value);
   return(m_error=="");
  }

//--- the first character tells NULL from CURVE
string CZmtpGreeting::Advice(const int at,const int value)
  {
   if(at==ZMTP_MECHANISM_FROM && value=='C')
      return(", CURVE: make a key file with dtms keygen and name it in the input KeyFile");
   if(at==ZMTP_MECHANISM_FROM && value=='N')
      return(", NULL: the bridge has no keys, while the input KeyFile names some");
   return("");
  }

#endif
//+------------------------------------------------------------------+

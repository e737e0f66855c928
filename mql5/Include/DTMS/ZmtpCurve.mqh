//+------------------------------------------------------------------+
//| ZmtpCurve.mqh                                                    |
//| the ZMTP mechanism CURVE: authenticated and encrypted            |
//+------------------------------------------------------------------+
#ifndef DTMS_ZMTP_CURVE_MQH
#define DTMS_ZMTP_CURVE_MQH

#include "CurveTraffic.mqh"
#include "KeyFile.mqh"
#include "ZmtpCommand.mqh"
#include "ZmtpMechanism.mqh"
#include "ZmtpMetadata.mqh"

//--- sizes of RFC 26
#define DTMS_CURVE_HELLO    200
#define DTMS_CURVE_WELCOME  168
#define DTMS_CURVE_COOKIE   96

//--- what the peer has to say next
enum ENUM_CURVE_STAGE
  {
   CURVE_STAGE_NONE,       // no connection
   CURVE_STAGE_WELCOME,    // HELLO is sent
   CURVE_STAGE_READY,      // INITIATE is sent
   CURVE_STAGE_TRAFFIC     // the handshake is over
  };

//+------------------------------------------------------------------+
//| CZmtpCurve: a client's side of ZMTP-CURVE (RFC 26). The keys of  |
//| a connection are drawn, and the seed behind them is saved,       |
//| before anybody is dialed; an attempt that did not come to HELLO  |
//| leaves them for the next one. Another server than that of the    |
//| key file cannot answer HELLO; NULL is never spoken instead.      |
//+------------------------------------------------------------------+
class CZmtpCurve : public CZmtpMechanism
  {
private:
   CKeyFile         *m_p_file;
   SKeys             m_keys;
   bool              m_drawn;
   uchar             m_secret[];       // C' of the protocol, and what follows from it
   uchar             m_public[];
   uchar             m_vouch_nonce[];
   uchar             m_hello_key[];
   uchar             m_key[];
   uchar             m_identity[];
   ENUM_CURVE_STAGE  m_stage;
   CCurveTraffic     m_traffic;
   string            m_error;

   ENUM_ZMTP_STEP    Fail(const string error);
   ENUM_ZMTP_STEP    OnWelcome(const uchar &command[],const int size,uchar &reply[],int &reply_size);
   ENUM_ZMTP_STEP    OnReady(const uchar &command[],const int size);
   ENUM_ZMTP_STEP    OnError(const uchar &command[],const int size);
   bool              Vouch(const uchar &server_short[],uchar &vouch[]) const;
   int               Initiate(const uchar &cookie[],const uchar &vouch[],uchar &reply[]) const;
   void              ForgetSecrets(void);
   static void       NumberedNonce(uchar &nonce[],const string prefix,const ulong number);
   static void       LongNonce(uchar &nonce[],const string prefix,const uchar &tail[],const int at);

public:
                     CZmtpCurve(void);
                    ~CZmtpCurve(void);
   void              SetKeyFile(CKeyFile *p_file);
   virtual string    Name(void) const { return("CURVE"); }
   virtual bool      Prepare(void);
   virtual int       Begin(const uchar &identity[],uchar &command[]);
   virtual ENUM_ZMTP_STEP OnCommand(const uchar &command[],const int size,uchar &reply[],int &reply_size);
   virtual string    Error(void) const { return(m_error); }
   virtual string    Hint(void) const;
   virtual bool      Plain(void) const { return(false); }
   virtual int       Overhead(void) const { return(DTMS_CURVE_OVERHEAD); }
   virtual int       Seal(const uchar &message[],const int size,const bool command,uchar &sealed[]);
   virtual int       Unseal(const uchar &sealed[],const int size,uchar &message[],bool &command,bool &more);
  };

CZmtpCurve::CZmtpCurve(void) : m_p_file(NULL),m_drawn(false),m_stage(CURVE_STAGE_NONE),m_error("")
  {
   CKeyText::Wipe(m_keys);
  }

CZmtpCurve::~CZmtpCurve(void)
  {
   ForgetSecrets();
   m_traffic.End();
  }

//--- where keys come from; what was drawn from another file is forgotten
void CZmtpCurve::SetKeyFile(CKeyFile *p_file)
  {
   m_p_file=p_file;
   ForgetSecrets();
  }

//--- keys for the next connection, their seed saved
bool CZmtpCurve::Prepare(void)
  {
   m_error="";
   m_stage=CURVE_STAGE_NONE;
   m_traffic.End();
   if(m_drawn)
      return(true);
   m_drawn=m_p_file.Draw(m_keys,m_secret,m_vouch_nonce);
   if(!m_drawn)
     {
      m_error=m_p_file.Error();
      ForgetSecrets();
     }
   return(m_drawn);
  }

//--- HELLO: version 1.0, 72 zeros, C', and a box that shows that we know C' and the server's key
int CZmtpCurve::Begin(const uchar &identity[],uchar &command[])
  {
   uchar nonce[DTMS_NONCE_SIZE];
   uchar zeros[64];
   m_drawn=false;
   ArrayCopy(m_identity,identity);
   if(!CX25519::PublicKey(m_public,m_secret) || !CSecretBox::SharedKey(m_hello_key,m_keys.server,m_secret))
     {
      m_error="the server key in "+m_p_file.Name()+" is none";
      return(-1);
     }
   ArrayFill(zeros,0,64,0);
   NumberedNonce(nonce,"CurveZMQHELLO---",1);
   int at=CZmtpCommand::Begin("HELLO",command);
   if(ArrayResize(command,DTMS_CURVE_HELLO)!=DTMS_CURVE_HELLO)
      return(-1);
   for(int i=at; i<80; i++)
      command[i]=0;
   command[at]=1;
   ArrayCopy(command,m_public,80,0,DTMS_KEY_SIZE);
   ArrayCopy(command,nonce,112,16,8);
   if(!CSecretBox::Seal(command,120,m_hello_key,nonce,zeros,64))
      return(-1);
   m_stage=CURVE_STAGE_WELCOME;
   return(DTMS_CURVE_HELLO);
  }

//--- WELCOME, then READY, or ERROR in place of either
ENUM_ZMTP_STEP CZmtpCurve::OnCommand(const uchar &command[],const int size,uchar &reply[],int &reply_size)
  {
   reply_size=0;
   if(m_stage==CURVE_STAGE_WELCOME && CZmtpCommand::Is(command,size,"WELCOME"))
      return(OnWelcome(command,size,reply,reply_size));
   if(m_stage==CURVE_STAGE_READY && CZmtpCommand::Is(command,size,"READY"))
      return(OnReady(command,size));
   if(CZmtpCommand::Is(command,size,"ERROR"))
      return(OnError(command,size));
   return(Fail("unexpected command in the handshake"));
  }

//--- the server's key of this connection and its cookie, in a box that only the owner of the server key can make
ENUM_ZMTP_STEP CZmtpCurve::OnWelcome(const uchar &command[],const int size,uchar &reply[],int &reply_size)
  {
   uchar nonce[DTMS_NONCE_SIZE];
   uchar text[];
   uchar cookie[];
   uchar vouch[];
   if(size!=DTMS_CURVE_WELCOME)
      return(Fail("malformed WELCOME"));
   LongNonce(nonce,"WELCOME-",command,8);
   if(CSecretBox::Open(text,m_hello_key,nonce,command,24,144)!=DTMS_KEY_SIZE+DTMS_CURVE_COOKIE)
      return(Fail("the bridge is not the one of the key file "+m_p_file.Name()+": it has another server key"));
   ArrayCopy(cookie,text,0,DTMS_KEY_SIZE,DTMS_CURVE_COOKIE);
   if(!CSecretBox::SharedKey(m_key,text,m_secret) || !Vouch(text,vouch))
      return(Fail("malformed WELCOME"));
   reply_size=Initiate(cookie,vouch,reply);
   ForgetSecrets();
   if(reply_size<0)
      return(Fail("INITIATE cannot be made"));
   m_stage=CURVE_STAGE_READY;
   return(ZMTP_STEP_WAIT);
  }

//--- a box from our permanent key to the server's short one: C' is ours, and meant for this server
bool CZmtpCurve::Vouch(const uchar &server_short[],uchar &vouch[]) const
  {
   uchar nonce[DTMS_NONCE_SIZE];
   uchar key[];
   uchar text[];
   LongNonce(nonce,"VOUCH---",m_vouch_nonce,0);
   if(!CSecretBox::SharedKey(key,server_short,m_keys.secret))
      return(false);
   ArrayCopy(text,m_public,0,0,DTMS_KEY_SIZE);
   ArrayCopy(text,m_keys.server,DTMS_KEY_SIZE,0,DTMS_KEY_SIZE);
   bool made=CSecretBox::Seal(vouch,0,key,nonce,text,2*DTMS_KEY_SIZE);
   ArrayFill(key,0,ArraySize(key),0);
   return(made);
  }

//--- cookie, and in a box: our permanent key, the vouch, the properties; returns its size, -1: no memory
int CZmtpCurve::Initiate(const uchar &cookie[],const uchar &vouch[],uchar &reply[]) const
  {
   uchar nonce[DTMS_NONCE_SIZE];
   uchar text[];
   uchar type[];
   ArrayCopy(text,m_keys.client,0,0,DTMS_KEY_SIZE);
   ArrayCopy(text,m_vouch_nonce,DTMS_KEY_SIZE,0,DTMS_VOUCH_SIZE);
   ArrayCopy(text,vouch,DTMS_KEY_SIZE+DTMS_VOUCH_SIZE,0,80);
   int type_size=CBytes::FromText("DEALER",type);
   int size=CZmtpMetadata::Append(text,128,"Socket-Type",type,type_size);
   size=CZmtpMetadata::Append(text,size,"Identity",m_identity,ArraySize(m_identity));
   NumberedNonce(nonce,"CurveZMQINITIATE",2);
   int at=CZmtpCommand::Begin("INITIATE",reply);
   ArrayCopy(reply,cookie,at,0,DTMS_CURVE_COOKIE);
   ArrayCopy(reply,nonce,at+DTMS_CURVE_COOKIE,16,8);
   at+=DTMS_CURVE_COOKIE+8;
   return(CSecretBox::Seal(reply,at,m_key,nonce,text,size) ? at+DTMS_TAG_SIZE+size : -1);
  }

//--- the server knows us; its properties are within a box
ENUM_ZMTP_STEP CZmtpCurve::OnReady(const uchar &command[],const int size)
  {
   uchar nonce[DTMS_NONCE_SIZE];
   uchar text[];
   string type="";
   if(size<14+DTMS_TAG_SIZE)
      return(Fail("malformed READY"));
   ulong number=CBytes::ReadBigEndian(command,6,8);
   NumberedNonce(nonce,"CurveZMQREADY---",number);
   int opened=CSecretBox::Open(text,m_key,nonce,command,14,size-14);
   if(opened<0)
      return(Fail("a READY that is not the bridge's"));
   if(!CZmtpMetadata::Find(text,0,opened,"Socket-Type",type))
      return(Fail("malformed READY"));
   if(type!="ROUTER")
      return(Fail("the peer's socket is no ROUTER but \""+type+"\""));
   m_traffic.Begin(m_key,2,number);
   ArrayFill(m_key,0,ArraySize(m_key),0);
   m_stage=CURVE_STAGE_TRAFFIC;
   return(ZMTP_STEP_READY);
  }

//--- libzmq tells a client that its authenticator refuses with the code 400
ENUM_ZMTP_STEP CZmtpCurve::OnError(const uchar &command[],const int size)
  {
   int length=(size>6 ? (int)command[6] : 0);
   if(length>size-7)
      return(Fail("the peer refused the connection"));
   string reason=CBytes::PlainText(command,7,length);
   if(reason=="400")
      return(Fail("the bridge does not know the client key of "+m_p_file.Name()+": make the key file with dtms keygen there"));
   return(Fail("the peer refused the connection: "+reason));
  }

//--- what a connection that is lost now probably means
string CZmtpCurve::Hint(void) const
  {
   if(m_stage==CURVE_STAGE_WELCOME)
      return(", closed by the bridge in the handshake, as one does whose server key is not that of the key file "+m_p_file.Name());
   if(m_stage==CURVE_STAGE_READY)
      return(", closed by the bridge in the handshake");
   if(m_stage==CURVE_STAGE_NONE)
      return(", as by a bridge that has no keys, while the input KeyFile names some");
   return("");
  }

int CZmtpCurve::Seal(const uchar &message[],const int size,const bool command,uchar &sealed[])
  {
   return(m_traffic.Seal(message,size,command ? DTMS_CURVE_COMMAND : 0,sealed));
  }

int CZmtpCurve::Unseal(const uchar &sealed[],const int size,uchar &message[],bool &command,bool &more)
  {
   int flags=0;
   int opened=m_traffic.Open(sealed,size,message,flags);
   command=((flags&DTMS_CURVE_COMMAND)!=0);
   more=((flags&DTMS_CURVE_MORE)!=0);
   return(opened);
  }

ENUM_ZMTP_STEP CZmtpCurve::Fail(const string error)
  {
   ForgetSecrets();
   m_error=error;
   return(ZMTP_STEP_FAILED);
  }

//--- secrets are needed up to INITIATE only
void CZmtpCurve::ForgetSecrets(void)
  {
   m_drawn=false;
   CKeyText::Wipe(m_keys);
   if(ArraySize(m_secret)>0)
      ArrayFill(m_secret,0,ArraySize(m_secret),0);
   if(ArraySize(m_hello_key)>0)
      ArrayFill(m_hello_key,0,ArraySize(m_hello_key),0);
  }

//--- 16 characters and a number
void CZmtpCurve::NumberedNonce(uchar &nonce[],const string prefix,const ulong number)
  {
   uchar bytes[];
   int size=CBytes::FromText(prefix,bytes);
   ArrayCopy(nonce,bytes,0,0,size);
   CBytes::WriteBigEndian(nonce,16,8,number);
  }

//--- 8 characters and 16 bytes
void CZmtpCurve::LongNonce(uchar &nonce[],const string prefix,const uchar &tail[],const int at)
  {
   uchar bytes[];
   int size=CBytes::FromText(prefix,bytes);
   ArrayCopy(nonce,bytes,0,0,size);
   ArrayCopy(nonce,tail,8,at,16);
  }

#endif
//+------------------------------------------------------------------+

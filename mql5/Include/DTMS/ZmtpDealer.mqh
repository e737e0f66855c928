//+------------------------------------------------------------------+
//| ZmtpDealer.mqh                                                   |
//| a ZeroMQ DEALER on the terminal's own sockets                    |
//+------------------------------------------------------------------+
#ifndef DTMS_ZMTP_DEALER_MQH
#define DTMS_ZMTP_DEALER_MQH

#include "MsgPackWriter.mqh"
#include "Random.mqh"
#include "TcpSocket.mqh"
#include "ZmtpCommand.mqh"
#include "ZmtpGreeting.mqh"
#include "ZmtpMechanism.mqh"
#include "ZmtpNull.mqh"
#include "ZmtpReader.mqh"

//--- the queue holds one frame of the largest kind besides what waits already
#define ZMTP_QUEUE_LIMIT 2097152
//--- bytes of a frame's head at most
#define ZMTP_HEAD_SIZE   9

enum ENUM_ZMTP_EVENT
  {
   ZMTP_NOTHING,       // nothing has arrived
   ZMTP_BYTES,         // something has, but no message yet: ask again
   ZMTP_READY,         // the handshake is over
   ZMTP_MESSAGE,       // a message of one part: TakeMessage
   ZMTP_MULTIPART,     // a message of more parts; TakeMessage gives the first, the others are dropped
   ZMTP_TOO_LARGE,     // a frame beyond the limit: nothing more can be read, sending is possible
   ZMTP_LOST           // the connection is gone: Error
  };

//+------------------------------------------------------------------+
//| CZmtpDealer: one connection to a ROUTER (ZMTP 3.1, RFC 37; peers |
//| of 3.0 are welcome), with a fresh identity each time. Next does  |
//| at most one read and one frame, so the caller sets the pace.     |
//| Single-part messages only, as the link wants them.               |
//+------------------------------------------------------------------+
class CZmtpDealer
  {
private:
   CTcpSocket        m_socket;
   CZmtpGreeting     m_greeting;
   CZmtpReader       m_reader;
   CZmtpNull         m_null;
   CZmtpMechanism   *m_p_mechanism;
   CRandom           m_random;
   uchar             m_identity[];
   bool              m_ready;
   bool              m_in_multipart;
   string            m_error;
   uchar             m_chunk[];
   int               m_chunk_at;
   int               m_chunk_size;
   uchar             m_content[];
   int               m_content_size;
   uchar             m_frame[];
   uchar             m_sealed[];
   uchar             m_opened[];
   ulong             m_multiparts;
   ulong             m_pings;
   ulong             m_pongs;

   ENUM_ZMTP_EVENT   Lose(const string error);
   ENUM_ZMTP_EVENT   OnGreeting(void);
   ENUM_ZMTP_EVENT   OnFrame(void);
   ENUM_ZMTP_EVENT   OnHandshake(void);
   ENUM_ZMTP_EVENT   OnCommand(void);
   ENUM_ZMTP_EVENT   OnMessage(const bool more);
   ENUM_ZMTP_EVENT   OnTooLarge(void);
   void              AnswerPing(void);
   ENUM_ZMTP_EVENT   OnSealed(void);
   bool              QueueFrame(const int flags,const uchar &content[],const int size);
   bool              QueueSealed(const bool command,const uchar &content[],const int size);

public:
                     CZmtpDealer(void);
   void              SetMechanism(CZmtpMechanism *p_mechanism);
   void              Seed(const string instance) { m_random.Seed(instance); }
   bool              Open(const string host,const uint port,const uint timeout_ms);
   void              Close(void);
   void              CloseAfterSending(void);
   bool              IsOpen(void) const { return(m_socket.IsOpen()); }
   bool              IsReady(void) const { return(m_ready && m_socket.IsOpen()); }
   ENUM_ZMTP_EVENT   Next(void);
   int               TakeMessage(uchar &message[]) const;
   bool              HasRoom(const int size) const { return(m_socket.HasRoom(size+m_p_mechanism.Overhead()+ZMTP_HEAD_SIZE)); }
   bool              Send(const CMsgPackWriter &message);
   bool              SendBytes(const uchar &message[],const int size);
   bool              Ping(const uint ttl_ms);
   bool              Flush(void);
   int               Queued(void) const { return(m_socket.Queued()); }
   bool              Writable(void) const { return(m_socket.Writable()); }
   string            Error(void) const { return(m_error); }
   ulong             Multiparts(void) const { return(m_multiparts); }
   ulong             PingsAnswered(void) const { return(m_pings); }
   ulong             PongsReceived(void) const { return(m_pongs); }
  };

CZmtpDealer::CZmtpDealer(void) : m_ready(false),m_in_multipart(false),m_error(""),m_chunk_at(0),m_chunk_size(0),
   m_content_size(0),m_multiparts(0),m_pings(0),m_pongs(0)
  {
   m_p_mechanism=GetPointer(m_null);
  }

//--- how connections are secured from the next Open on; NULL: not at all
void CZmtpDealer::SetMechanism(CZmtpMechanism *p_mechanism)
  {
   m_p_mechanism=p_mechanism;
   if(p_mechanism==NULL)
      m_p_mechanism=GetPointer(m_null);
  }

//--- connects and sends the greeting; blocks for at most `timeout_ms`. False: Error() says why.
bool CZmtpDealer::Open(const string host,const uint port,const uint timeout_ms)
  {
   Close();
   m_error="";
   m_in_multipart=false;
   m_reader.Next();
   m_reader.SetOverhead(m_p_mechanism.Overhead());
   if(!m_p_mechanism.Prepare())
     {
      m_error=m_p_mechanism.Error();
      return(false);
     }
   m_random.Bytes(m_identity,16);
   if(ArraySize(m_identity)>0 && m_identity[0]==0)
      m_identity[0]=1;   // identities that begin with zero belong to the ROUTER itself
   uchar greeting[];
   if(!m_greeting.Begin(m_p_mechanism.Name(),greeting))
      return(false);
   if(!m_socket.Open(host,port,timeout_ms,ZMTP_QUEUE_LIMIT))
     {
      m_error=m_socket.Error();
      return(false);
     }
   return(m_socket.Queue(greeting,ZMTP_GREETING_SIZE) && Flush());
  }

//--- closes; what was not sent is lost
void CZmtpDealer::Close(void)
  {
   m_socket.Close();
   m_ready=false;
   m_chunk_at=0;
   m_chunk_size=0;
   m_content_size=0;
  }

//--- sends what the connection takes now, then closes
void CZmtpDealer::CloseAfterSending(void)
  {
   m_socket.CloseAfterSending();
   Close();
  }

//--- what has happened: at most one read of the socket and one frame
ENUM_ZMTP_EVENT CZmtpDealer::Next(void)
  {
   if(!m_socket.IsOpen())
      return(ZMTP_LOST);
   if(m_chunk_at==m_chunk_size)
     {
      m_chunk_at=0;
      m_chunk_size=m_socket.Read(m_chunk);
      if(!m_socket.IsOpen())
         return(Lose(m_socket.Error()+(m_ready ? "" : m_p_mechanism.Hint())));
      if(m_chunk_size==0)
         return(ZMTP_NOTHING);
     }
   if(!m_greeting.Complete())
      return(OnGreeting());
   m_chunk_at+=m_reader.Feed(m_chunk,m_chunk_at,m_chunk_size-m_chunk_at);
   switch(m_reader.Result())
     {
      case ZMTP_READ_PART:
         return(ZMTP_BYTES);
      case ZMTP_READ_COMPLETE:
         return(OnFrame());
      case ZMTP_READ_TOO_LARGE:
         return(OnTooLarge());
      default:
         return(Lose("malformed ZMTP frame"));
     }
  }

//--- the message of the last event; the array may be longer, the result is its size
int CZmtpDealer::TakeMessage(uchar &message[]) const
  {
   if(m_content_size>0)
      ArrayCopy(message,m_content,0,0,m_content_size);
   return(m_content_size);
  }

//--- queues a message; false: not connected or no room, nothing was queued
bool CZmtpDealer::Send(const CMsgPackWriter &message)
  {
   uchar bytes[];
   message.CopyTo(bytes);
   return(SendBytes(bytes,ArraySize(bytes)));
  }

//--- as Send, for bytes
bool CZmtpDealer::SendBytes(const uchar &message[],const int size)
  {
   if(!IsReady() || size<0 || size>DTMS_MAX_FRAME)
      return(false);
   return(QueueSealed(false,message,size));
  }

//--- ZMTP's own question whether the peer is there (ZMTP 3.1); the peer may close after `ttl_ms` without another
bool CZmtpDealer::Ping(const uint ttl_ms)
  {
   uchar command[];
   if(!IsReady() || m_greeting.Minor()<1)
      return(false);
   int at=CZmtpCommand::Begin("PING",command);
   if(ArrayResize(command,at+2)!=at+2)
      return(false);
   CBytes::WriteBigEndian(command,at,2,(ulong)(ttl_ms/100));
   return(QueueSealed(true,command,at+2));
  }

//--- sends what the connection takes now; false: it is lost
bool CZmtpDealer::Flush(void)
  {
   if(m_socket.Flush())
      return(true);
   if(m_error=="")
      m_error=m_socket.Error();
   m_ready=false;
   return(false);
  }

//--- the connection ends here
ENUM_ZMTP_EVENT CZmtpDealer::Lose(const string error)
  {
   Close();
   m_error=error;
   return(ZMTP_LOST);
  }

//--- bytes of the peer's greeting; behind it the mechanism begins
ENUM_ZMTP_EVENT CZmtpDealer::OnGreeting(void)
  {
   m_chunk_at+=m_greeting.Feed(m_chunk,m_chunk_at,m_chunk_size-m_chunk_at);
   if(m_greeting.Failed())
      return(Lose(m_greeting.Error()));
   if(!m_greeting.Complete())
      return(ZMTP_BYTES);
   uchar command[];
   int size=m_p_mechanism.Begin(m_identity,command);
   if(size<0)
      return(Lose(m_p_mechanism.Error()));
   if(!QueueFrame(ZMTP_FLAG_COMMAND,command,size))
      return(Lose("the handshake's command does not fit"));
   return(ZMTP_BYTES);
  }

//--- a complete frame
ENUM_ZMTP_EVENT CZmtpDealer::OnFrame(void)
  {
   bool command=m_reader.IsCommand();
   bool more=m_reader.HasMore();
   m_content_size=m_reader.CopyTo(m_content);
   m_reader.Next();
   if(m_ready && !m_p_mechanism.Plain())
      return(OnSealed());
   if(command)
      return(m_ready ? OnCommand() : OnHandshake());
   return(m_ready ? OnMessage(more) : Lose("a message before the end of the handshake"));
  }

//--- a frame behind a handshake that seals; what the frame's head says beside its size is anybody's word
ENUM_ZMTP_EVENT CZmtpDealer::OnSealed(void)
  {
   bool command=false;
   bool more=false;
   int size=m_p_mechanism.Unseal(m_content,m_content_size,m_opened,command,more);
   if(size<0)
      return(Lose("a frame that is not the bridge's: forged, altered or sent again"));
   m_content_size=size;
   if(size>0)
      ArrayCopy(m_content,m_opened,0,0,size);
   return(command ? OnCommand() : OnMessage(more));
  }

//--- a command of the handshake
ENUM_ZMTP_EVENT CZmtpDealer::OnHandshake(void)
  {
   uchar reply[];
   int reply_size=0;
   ENUM_ZMTP_STEP step=m_p_mechanism.OnCommand(m_content,m_content_size,reply,reply_size);
   if(step==ZMTP_STEP_FAILED)
      return(Lose(m_p_mechanism.Error()));
   if(reply_size>0 && !QueueFrame(ZMTP_FLAG_COMMAND,reply,reply_size))
      return(Lose("the handshake's command does not fit"));
   m_ready=(step==ZMTP_STEP_READY);
   return(m_ready ? ZMTP_READY : ZMTP_BYTES);
  }

//--- a command among messages: PING is answered, PONG counted, ERROR ends; SUBSCRIBE, CANCEL and unknown ones mean nothing here
ENUM_ZMTP_EVENT CZmtpDealer::OnCommand(void)
  {
   if(CZmtpCommand::Is(m_content,m_content_size,"PING"))
      AnswerPing();
   else
      if(CZmtpCommand::Is(m_content,m_content_size,"PONG"))
         m_pongs++;
      else
         if(CZmtpCommand::Is(m_content,m_content_size,"ERROR"))
            return(Lose("the peer reports an error: "+CBytes::PlainText(m_content,7,m_content_size-7)));
   return(ZMTP_BYTES);
  }

//--- PONG with the context of the PING (behind name and time to live, at most 16 bytes); left out when the queue is full
void CZmtpDealer::AnswerPing(void)
  {
   uchar command[];
   int context=m_content_size-7;
   if(context<0 || context>16)
      return;
   int at=CZmtpCommand::Begin("PONG",command);
   if(context>0)
      ArrayCopy(command,m_content,at,7,context);
   if(QueueSealed(true,command,at+context))
      m_pings++;
  }

//--- a part of a message
ENUM_ZMTP_EVENT CZmtpDealer::OnMessage(const bool more)
  {
   bool first=!m_in_multipart;
   m_in_multipart=more;
   if(!first)
      return(ZMTP_BYTES);
   if(!more)
      return(ZMTP_MESSAGE);
   m_multiparts++;
   return(ZMTP_MULTIPART);
  }

//--- a frame that announces more than is accepted
ENUM_ZMTP_EVENT CZmtpDealer::OnTooLarge(void)
  {
   if(!m_ready || m_reader.IsCommand())
      return(Lose("the peer sends a frame that is too large"));
   m_content_size=0;
   return(ZMTP_TOO_LARGE);
  }

//--- a message or a command behind the handshake
bool CZmtpDealer::QueueSealed(const bool command,const uchar &content[],const int size)
  {
   if(m_p_mechanism.Plain())
      return(QueueFrame(command ? ZMTP_FLAG_COMMAND : 0,content,size));
   int sealed=m_p_mechanism.Seal(content,size,command,m_sealed);
   return(sealed>=0 && QueueFrame(0,m_sealed,sealed));
  }

//--- one frame with its head
bool CZmtpDealer::QueueFrame(const int flags,const uchar &content[],const int size)
  {
   bool is_long=(size>255);
   int head=(is_long ? ZMTP_HEAD_SIZE : 2);
   if(!m_socket.HasRoom(head+size) || (ArraySize(m_frame)<head+size && ArrayResize(m_frame,head+size,4096)<head+size))
      return(false);
   m_frame[0]=(uchar)(is_long ? flags|ZMTP_FLAG_LONG : flags);
   CBytes::WriteBigEndian(m_frame,1,head-1,(ulong)size);
   if(size>0)
      ArrayCopy(m_frame,content,head,0,size);
   return(m_socket.Queue(m_frame,head+size));
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| TcpSocket.mqh                                                    |
//| a TCP connection that never makes the terminal wait for long     |
//+------------------------------------------------------------------+
#ifndef DTMS_TCP_SOCKET_MQH
#define DTMS_TCP_SOCKET_MQH

#include "ByteQueue.mqh"

//--- most bytes of one read and of one write. A write may wait for the peer, so it is small enough for a socket's own buffer.
#define DTMS_READ_CHUNK        65536
#define DTMS_WRITE_CHUNK       16384
//--- waiting time of a read. 0 would mean two minutes; the bytes are there already.
#define DTMS_READ_WAIT_MS      1
//--- most reads of what is dropped before a connection is closed
#define DTMS_CLOSING_READS     16
//--- without timeouts a peer that reads nothing would hold the terminal in SocketSend for ever
#define DTMS_SOCKET_TIMEOUT_MS 200

//+------------------------------------------------------------------+
//| CTcpSocket: reads exactly what is there, queues what is to be    |
//| sent, keeps the tail of a partial send and sends nothing before  |
//| it. A connection is lost when the terminal says so and nothing   |
//| is left to read; a failed read alone means nothing, for          |
//| SocketIsReadable may promise a byte that is not there.           |
//+------------------------------------------------------------------+
class CTcpSocket
  {
private:
   int               m_socket;
   CByteQueue        m_outgoing;
   uchar             m_block[];
   string            m_error;
   string            m_host;

   void              Fail(const string what,const int code);

public:
                     CTcpSocket(void);
                    ~CTcpSocket(void);
   bool              Open(const string host,const uint port,const uint timeout_ms,const int queue_limit);
   void              Close(void);
   bool              IsOpen(void) const { return(m_socket!=INVALID_HANDLE); }
   int               Read(uchar &target[]);
   bool              Queue(const uchar &data[],const int size);
   bool              HasRoom(const int size) const { return(m_outgoing.HasRoom(size)); }
   int               Queued(void) const { return(m_outgoing.Size()); }
   bool              Flush(void);
   bool              Writable(void) const;
   void              CloseAfterSending(void);
   string            Error(void) const { return(m_error); }
  };

CTcpSocket::CTcpSocket(void) : m_socket(INVALID_HANDLE),m_error(""),m_host("")
  {
  }

CTcpSocket::~CTcpSocket(void)
  {
   Close();
  }

//--- connects; blocks for at most `timeout_ms`. False: Error() says why, with the remedy where the user has one.
bool CTcpSocket::Open(const string host,const uint port,const uint timeout_ms,const int queue_limit)
  {
   Close();
   m_outgoing.SetLimit(queue_limit);
   m_error="";
   m_host=host;
   ResetLastError();
   m_socket=SocketCreate();
   if(m_socket==INVALID_HANDLE)
     {
      Fail("no socket",GetLastError());
      return(false);
     }
   bool limited=SocketTimeouts(m_socket,DTMS_SOCKET_TIMEOUT_MS,DTMS_SOCKET_TIMEOUT_MS);
   if(!SocketConnect(m_socket,host,port,timeout_ms))
     {
      Fail("cannot connect to "+host+":"+IntegerToString((long)port),GetLastError());
      return(false);
     }
   if(!limited && !SocketTimeouts(m_socket,DTMS_SOCKET_TIMEOUT_MS,DTMS_SOCKET_TIMEOUT_MS))
     {
      Fail("no timeouts for a socket",GetLastError());
      return(false);
     }
   return(true);
  }

//--- closes and forgets what was not sent
void CTcpSocket::Close(void)
  {
   m_outgoing.Clear();
   if(m_socket==INVALID_HANDLE)
      return;
   int socket=m_socket;
   m_socket=INVALID_HANDLE;
   if(!SocketClose(socket))
      m_error="SocketClose: error "+IntegerToString(GetLastError());
  }

//--- reads what has arrived, at most DTMS_READ_CHUNK bytes; 0: nothing now (or lost, see IsOpen)
int CTcpSocket::Read(uchar &target[])
  {
   if(m_socket==INVALID_HANDLE)
      return(0);
   ResetLastError();
   uint readable=SocketIsReadable(m_socket);
   if(readable==0)
     {
      if(!SocketIsConnected(m_socket))
         Fail("connection lost",GetLastError());
      return(0);
     }
   uint wanted=(readable<(uint)DTMS_READ_CHUNK ? readable : (uint)DTMS_READ_CHUNK);
   int size=SocketRead(m_socket,target,wanted,DTMS_READ_WAIT_MS);
   if(size>0)
      return(size);
   if(!SocketIsConnected(m_socket))
      Fail("connection lost",GetLastError());
   return(0);
  }

//--- puts bytes behind those that wait; false: no room, nothing was queued
bool CTcpSocket::Queue(const uchar &data[],const int size)
  {
   return(m_socket!=INVALID_HANDLE && m_outgoing.Append(data,size));
  }

//--- sends what the connection takes now; false: it is lost
bool CTcpSocket::Flush(void)
  {
   while(m_socket!=INVALID_HANDLE && m_outgoing.Size()>0)
     {
      ResetLastError();
      if(!SocketIsWritable(m_socket))
        {
         if(!SocketIsConnected(m_socket))
            Fail("connection lost",GetLastError());
         break;
        }
      int size=m_outgoing.Peek(m_block,DTMS_WRITE_CHUNK);
      int sent=SocketSend(m_socket,m_block,(uint)size);
      if(sent<0)
        {
         //--- how much of it left is unknown, so the stream cannot be continued
         Fail("sending failed",GetLastError());
         break;
        }
      m_outgoing.Drop(sent);
      if(sent<size)
         break;
     }
   return(m_socket!=INVALID_HANDLE);
  }

//--- whether the connection takes more bytes at once
bool CTcpSocket::Writable(void) const
  {
   return(m_socket!=INVALID_HANDLE && SocketIsWritable(m_socket));
  }

//--- sends what the connection takes and closes. Bytes that nobody has read would make the system reset the connection, and the
//--- peer could lose what was sent last; so what has arrived is read and dropped.
void CTcpSocket::CloseAfterSending(void)
  {
   uchar dropped[];
   bool sent=Flush();
   for(int i=0; i<DTMS_CLOSING_READS && sent; i++)
      if(Read(dropped)==0)
         break;
   Close();
  }

//--- closes for a reason
void CTcpSocket::Fail(const string what,const int code)
  {
   Close();
   if(code==4014)
      m_error="add "+m_host+" to the allowed list: Tools > Options > Expert Advisors > Allow WebRequest for listed URL";
   else
      m_error=what+(code!=0 ? " (error "+IntegerToString(code)+")" : "");
  }

#endif
//+------------------------------------------------------------------+

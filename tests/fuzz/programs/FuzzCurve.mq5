//+------------------------------------------------------------------+
//| FuzzCurve.mq5                                                    |
//| a DEALER with keys that meets somebody who has them too and says |
//| anything, twice, at two paces                                    |
//+------------------------------------------------------------------+
#include "FixedKeys.mqh"
#include <DTMS/ZmtpCurve.mqh>
#include "CurveScript.mqh"
#include "Meeting.mqh"

//+------------------------------------------------------------------+
//| CCurveMeeting: only what was sealed may be told, in its order.   |
//+------------------------------------------------------------------+
class CCurveMeeting : public CMeeting
  {
private:
   CCurveScript      m_script;

protected:
   virtual void      OnOpen(void) { m_script.Rewind(); }
   virtual void      OnTold(const uchar &message[],const int size);

public:
   void              Prepare(void);
  };

void CCurveMeeting::OnTold(const uchar &message[],const int size)
  {
   if(!m_script.Sealed(message,size))
      CInput::Broken("only what the peer has sealed is told, once and in its order");
  }

//--- what is sent on the first connection is what the driver's far end says on the others
void CCurveMeeting::Prepare(void)
  {
   uchar steps[];
   uchar said[];
   int socket=SocketCreate();
   if(SocketConnect(socket,"fuzzer",1,1))
     {
      uint readable=SocketIsReadable(socket);
      int size=(readable>0 ? SocketRead(socket,steps,readable,1) : 0);
      m_script.Compose(steps,size);
      size=m_script.CopyTo(said);
      if(size>0 && SocketSend(socket,said,(uint)size)!=size)
         CInput::Broken("a script is taken whole");
     }
   SocketClose(socket);
  }

void OnStart(void)
  {
   CKeyFile keys;
   CZmtpCurve curve;
   CZmtpDealer dealer;
   CCurveMeeting meeting;
   curve.SetKeyFile(GetPointer(keys));
   dealer.SetMechanism(GetPointer(curve));
   meeting.Prepare();
   ulong whole=meeting.Meet(dealer);
   ulong dripped=meeting.Meet(dealer);
   if(whole!=dripped)
      CInput::Broken("what is told does not depend on how the bytes arrive");
  }
//+------------------------------------------------------------------+

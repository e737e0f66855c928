//+------------------------------------------------------------------+
//| Input.mqh                                                        |
//| the bytes of one input, and how a broken law is told             |
//+------------------------------------------------------------------+
#ifndef DTMS_FUZZ_INPUT_MQH
#define DTMS_FUZZ_INPUT_MQH

#include <DTMS/Bytes.mqh>

//+------------------------------------------------------------------+
//| CInput: the driver's far end of a socket sends the input         |
//+------------------------------------------------------------------+
class CInput
  {
public:
   static int        Take(uchar &bytes[]);
   static bool       Same(const uchar &a[],const uchar &b[]);
   static void       Broken(const string law);
  };

//--- the whole input; returns its size
int CInput::Take(uchar &bytes[])
  {
   int size=0;
   int socket=SocketCreate();
   if(SocketConnect(socket,"fuzzer",1,1))
     {
      uint readable=SocketIsReadable(socket);
      if(readable>0)
         size=SocketRead(socket,bytes,readable,1);
     }
   SocketClose(socket);
   return(size>0 ? size : 0);
  }

//--- whether two arrays hold the same
bool CInput::Same(const uchar &a[],const uchar &b[])
  {
   return(CBytes::Same(a,0,ArraySize(a),b,ArraySize(b)));
  }

//--- the driver ends the process for it
void CInput::Broken(const string law)
  {
   Print("broken law: "+law);
   ExpertRemove();
  }

#endif

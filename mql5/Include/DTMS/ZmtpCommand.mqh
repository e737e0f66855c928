//+------------------------------------------------------------------+
//| ZmtpCommand.mqh                                                  |
//| the names of ZMTP commands                                       |
//+------------------------------------------------------------------+
#ifndef DTMS_ZMTP_COMMAND_MQH
#define DTMS_ZMTP_COMMAND_MQH

#include "Bytes.mqh"

//+------------------------------------------------------------------+
//| CZmtpCommand: a command's content begins with its name and the   |
//| name's length in one byte.                                       |
//+------------------------------------------------------------------+
class CZmtpCommand
  {
public:
   static int        Begin(const string name,uchar &command[]);
   static bool       Is(const uchar &command[],const int size,const string name);
  };

//--- writes the name; returns the position behind it
int CZmtpCommand::Begin(const string name,uchar &command[])
  {
   uchar name_bytes[];
   int size=CBytes::FromText(name,name_bytes);
   if(ArrayResize(command,1+size)!=1+size)
      return(0);
   command[0]=(uchar)size;
   ArrayCopy(command,name_bytes,1,0,size);
   return(1+size);
  }

//--- whether `size` bytes are the command of that name
bool CZmtpCommand::Is(const uchar &command[],const int size,const string name)
  {
   uchar name_bytes[];
   int name_size=CBytes::FromText(name,name_bytes);
   return(size>name_size && (int)command[0]==name_size && CBytes::Same(command,1,name_size,name_bytes,name_size));
  }

#endif
//+------------------------------------------------------------------+

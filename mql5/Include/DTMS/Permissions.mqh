//+------------------------------------------------------------------+
//| Permissions.mqh                                                  |
//| what must be allowed before an order leaves the terminal         |
//+------------------------------------------------------------------+
#ifndef DTMS_PERMISSIONS_MQH
#define DTMS_PERMISSIONS_MQH

#include "Protocol.mqh"

//+------------------------------------------------------------------+
//| CPermissions: reads the five permissions, and says in plain      |
//| words what to do about the first one that is missing             |
//+------------------------------------------------------------------+
class CPermissions
  {
public:
   static int        Read(void);
   static bool       Connected(void);
   static bool       MayTrade(void);
   static string     Advice(const int present);
  };

//--- bits of Permission
int CPermissions::Read(void)
  {
   int bits=0;
   if(TerminalInfoInteger(TERMINAL_CONNECTED)!=0)
      bits|=DTMS_PERMISSION_CONNECTED;
   if(TerminalInfoInteger(TERMINAL_TRADE_ALLOWED)!=0)
      bits|=DTMS_PERMISSION_TERMINAL_TRADE;
   if(MQLInfoInteger(MQL_TRADE_ALLOWED)!=0)
      bits|=DTMS_PERMISSION_PROGRAM_TRADE;
   if(AccountInfoInteger(ACCOUNT_TRADE_ALLOWED)!=0)
      bits|=DTMS_PERMISSION_ACCOUNT_TRADE;
   if(AccountInfoInteger(ACCOUNT_TRADE_EXPERT)!=0)
      bits|=DTMS_PERMISSION_ACCOUNT_EXPERT;
   return(bits);
  }

//--- whether the terminal has its broker
bool CPermissions::Connected(void)
  {
   return(TerminalInfoInteger(TERMINAL_CONNECTED)!=0);
  }

//--- whether a request would leave the terminal
bool CPermissions::MayTrade(void)
  {
   int all=DTMS_PERMISSION_CONNECTED|DTMS_PERMISSION_TERMINAL_TRADE|DTMS_PERMISSION_PROGRAM_TRADE
           |DTMS_PERMISSION_ACCOUNT_TRADE|DTMS_PERMISSION_ACCOUNT_EXPERT;
   return(Read()==all);
  }

//--- what the user can do about it; empty: nothing is missing
string CPermissions::Advice(const int present)
  {
   if((present&DTMS_PERMISSION_CONNECTED)==0)
      return("no connection to the broker");
   if((present&DTMS_PERMISSION_ACCOUNT_TRADE)==0)
      return("investor password: trading not allowed, log in with the master password");
   if((present&DTMS_PERMISSION_ACCOUNT_EXPERT)==0)
      return("the broker does not allow Expert Advisors on this account");
   if((present&DTMS_PERMISSION_TERMINAL_TRADE)==0)
      return("switch Algo Trading on (toolbar)");
   if((present&DTMS_PERMISSION_PROGRAM_TRADE)==0)
      return("tick Allow Algo Trading in this Expert Advisor's dialog (F7)");
   return("");
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| Identity.mqh                                                     |
//| who this is: terminal, account, Expert Advisor                   |
//+------------------------------------------------------------------+
#ifndef DTMS_IDENTITY_MQH
#define DTMS_IDENTITY_MQH

#include "Codes.mqh"
#include "Messages.mqh"
#include "Permissions.mqh"

#define DTMS_EA_VERSION    "1.0.0"
#define DTMS_NAME_LIMIT    64   // characters of a Name field
#define DTMS_IDENTITY_TEXT 512

//+------------------------------------------------------------------+
//| CIdentity: what a logon says that does not change while the      |
//| program runs                                                     |
//+------------------------------------------------------------------+
class CIdentity
  {
public:
   static string     Instance(void);
   static bool       AccountKnown(void);
   static void       Fill(SLogon &logon);
   static int        LogoutWhy(const int reason);
  };

//+------------------------------------------------------------------+
//| CKnownAccount: the account that the program works for, so that a |
//| terminal which logs in to another one is noticed                 |
//+------------------------------------------------------------------+
class CKnownAccount
  {
private:
   long              m_login;
   string            m_server;

public:
                     CKnownAccount(void) : m_login(0),m_server("") {}
   void              Note(void);
   void              Forget(void) { m_login=0; }
   bool              Changed(void) const;
  };

void CKnownAccount::Note(void)
  {
   m_login=AccountInfoInteger(ACCOUNT_LOGIN);
   m_server=AccountInfoString(ACCOUNT_SERVER);
  }

//--- whether the terminal has another account than the one that was noted
bool CKnownAccount::Changed(void) const
  {
   return(m_login!=0 && CIdentity::AccountKnown() && (AccountInfoInteger(ACCOUNT_LOGIN)!=m_login || AccountInfoString(ACCOUNT_SERVER)!=m_server));
  }

//--- a name that stays the same as long as the program is on its chart
string CIdentity::Instance(void)
  {
   return(CCodes::Clip(MQLInfoString(MQL_PROGRAM_NAME)+"-"+IntegerToString(ChartID()),DTMS_NAME_LIMIT));
  }

//--- OnInit often runs before the terminal has logged on
bool CIdentity::AccountKnown(void)
  {
   return(CPermissions::Connected() && AccountInfoInteger(ACCOUNT_LOGIN)>0 && StringLen(AccountInfoString(ACCOUNT_SERVER))>0);
  }

void CIdentity::Fill(SLogon &logon)
  {
   logon.ea_version=DTMS_EA_VERSION;
   logon.source_hash=DTMS_CONTRACT_SHA256;
   logon.terminal_build=(uint)TerminalInfoInteger(TERMINAL_BUILD);
   logon.login=(ulong)AccountInfoInteger(ACCOUNT_LOGIN);
   logon.server=CCodes::Clip(AccountInfoString(ACCOUNT_SERVER),DTMS_NAME_LIMIT);
   logon.company=CCodes::Clip(AccountInfoString(ACCOUNT_COMPANY),DTMS_IDENTITY_TEXT);
   logon.currency=CCodes::Clip(AccountInfoString(ACCOUNT_CURRENCY),DTMS_IDENTITY_TEXT);
   logon.margin_mode=CCodes::MarginMode((ENUM_ACCOUNT_MARGIN_MODE)AccountInfoInteger(ACCOUNT_MARGIN_MODE));
   logon.trade_mode=CCodes::TradeMode((ENUM_ACCOUNT_TRADE_MODE)AccountInfoInteger(ACCOUNT_TRADE_MODE));
   logon.hedge_allowed=(AccountInfoInteger(ACCOUNT_HEDGE_ALLOWED)!=0);
   logon.fifo_close=(AccountInfoInteger(ACCOUNT_FIFO_CLOSE)!=0);
   logon.permissions=CPermissions::Read();
   logon.instance_id=Instance();
   logon.boot=0;
   logon.chart_symbol=_Symbol;
  }

//--- the terminal's reason for OnDeinit as the protocol's reason for a farewell
int CIdentity::LogoutWhy(const int reason)
  {
   switch(reason)
     {
      case REASON_REMOVE:
      case REASON_CHARTCLOSE:
         return(DTMS_LOGOUT_WHY_REMOVED);
      case REASON_CHARTCHANGE:
         return(DTMS_LOGOUT_WHY_CHART_CHANGED);
      case REASON_ACCOUNT:
         return(DTMS_LOGOUT_WHY_ACCOUNT_CHANGED);
      case REASON_CLOSE:
         return(DTMS_LOGOUT_WHY_TERMINAL_CLOSED);
      default:
         return(DTMS_LOGOUT_WHY_SHUTDOWN);
     }
  }

#endif
//+------------------------------------------------------------------+

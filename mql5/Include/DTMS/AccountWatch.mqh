//+------------------------------------------------------------------+
//| AccountWatch.mqh                                                 |
//| the account's figures and permissions                            |
//+------------------------------------------------------------------+
#ifndef DTMS_ACCOUNT_WATCH_MQH
#define DTMS_ACCOUNT_WATCH_MQH

#include "Outbox.mqh"
#include "Permissions.mqh"

#define DTMS_ACCOUNT_REST_MS 1000  // changed figures are told at most once in this time

//+------------------------------------------------------------------+
//| CAccountWatch: tells balance, equity and the rest when they      |
//| change, a lost permission at once                                |
//+------------------------------------------------------------------+
class CAccountWatch
  {
private:
   COutbox          *m_pOutbox;
   SAccount          m_told;
   bool              m_has_told;
   int               m_permissions;
   ulong             m_next_ms;

   static void       Read(SAccount &account);
   bool              Differs(const SAccount &account) const;
   void              WatchPermissions(const int permissions);

public:
                     CAccountWatch(void);
   void              Init(COutbox *p_outbox);
   void              Tell(const ulong now_ms);
   void              Pump(const ulong now_ms);
  };

CAccountWatch::CAccountWatch(void) : m_pOutbox(NULL),m_has_told(false),m_permissions(0),m_next_ms(0)
  {
  }

void CAccountWatch::Init(COutbox *p_outbox)
  {
   m_pOutbox=p_outbox;
   m_has_told=false;
   m_next_ms=0;
  }

void CAccountWatch::Read(SAccount &account)
  {
   account.ts_event=CServerClock::ServerMs();
   account.balance=CCodes::Finite(AccountInfoDouble(ACCOUNT_BALANCE));
   account.credit=CCodes::Finite(AccountInfoDouble(ACCOUNT_CREDIT));
   account.equity=CCodes::Finite(AccountInfoDouble(ACCOUNT_EQUITY));
   account.profit=CCodes::Finite(AccountInfoDouble(ACCOUNT_PROFIT));
   account.margin=CCodes::Finite(AccountInfoDouble(ACCOUNT_MARGIN));
   account.margin_free=CCodes::Finite(AccountInfoDouble(ACCOUNT_MARGIN_FREE));
   account.margin_level=CCodes::Finite(AccountInfoDouble(ACCOUNT_MARGIN_LEVEL));
   account.leverage=(uint)AccountInfoInteger(ACCOUNT_LEVERAGE);
   account.margin_mode=CCodes::MarginMode((ENUM_ACCOUNT_MARGIN_MODE)AccountInfoInteger(ACCOUNT_MARGIN_MODE));
   account.permissions=CPermissions::Read();
  }

//--- whether anything but the time is different; the level follows from the others
bool CAccountWatch::Differs(const SAccount &account) const
  {
   return(account.balance!=m_told.balance || account.credit!=m_told.credit || account.equity!=m_told.equity
          || account.profit!=m_told.profit || account.margin!=m_told.margin || account.margin_free!=m_told.margin_free
          || account.leverage!=m_told.leverage || account.margin_mode!=m_told.margin_mode
          || account.permissions!=m_told.permissions);
  }

//--- sends the figures as they are now
void CAccountWatch::Tell(const ulong now_ms)
  {
   Read(m_told);
   m_permissions=m_told.permissions;
   m_has_told=m_pOutbox.SendAccount(m_told);
   m_next_ms=now_ms+DTMS_ACCOUNT_REST_MS;
  }

//--- sends them if they changed
void CAccountWatch::Pump(const ulong now_ms)
  {
   int permissions=CPermissions::Read();
   if(permissions==m_permissions && now_ms<m_next_ms)
      return;
   if(m_has_told)
      WatchPermissions(permissions);
   m_next_ms=now_ms+DTMS_ACCOUNT_REST_MS;
   SAccount account;
   Read(account);
   if(m_has_told && !Differs(account))
      return;
   m_told=account;
   m_has_told=m_pOutbox.SendAccount(m_told);
  }

//--- a permission that was there and is not any more is worth a sentence
void CAccountWatch::WatchPermissions(const int permissions)
  {
   int lost=m_permissions&~permissions;
   m_permissions=permissions;
   if(lost!=0)
      m_pOutbox.Notice(DTMS_NOTICE_CODE_PERMISSION,"",permissions,CPermissions::Advice(permissions));
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| AccountParts.mqh                                                 |
//| the parts that know things about one account                     |
//+------------------------------------------------------------------+
#ifndef DTMS_ACCOUNT_PARTS_MQH
#define DTMS_ACCOUNT_PARTS_MQH

#include "Attribution.mqh"
#include "Caps.mqh"
#include "Facts.mqh"
#include "TradeGateway.mqh"

//+------------------------------------------------------------------+
//| CAccountParts: facts, commands and caps of an account, wired to  |
//| each other. Another account gets another object.                 |
//+------------------------------------------------------------------+
class CAccountParts
  {
private:
   CAttribution      m_attribution;
   CCaps             m_caps;
   CFacts            m_facts;
   CTradeGateway     m_gateway;

public:
   void              Init(COutbox *p_outbox,const SSettings &settings);
   CCaps            *CapsPart(void) { return(GetPointer(m_caps)); }
   CFacts           *FactsPart(void) { return(GetPointer(m_facts)); }
   CTradeGateway    *GatewayPart(void) { return(GetPointer(m_gateway)); }
  };

//--- begins a session; what commands are known stays known
void CAccountParts::Init(COutbox *p_outbox,const SSettings &settings)
  {
   string allowed[];
   if(CSettings::Split(settings.allowed_symbols,allowed)>0)
      Print("DTMS: openings are allowed in ",settings.allowed_symbols," only");
   m_caps.Init(settings.max_open_lots,settings.max_orders_per_minute,settings.allow_modify,settings.allow_reduce,allowed);
   if(!m_facts.Init(p_outbox,GetPointer(m_attribution),settings))
      Print("DTMS: no memory for quotes");
   m_gateway.Init(p_outbox,m_facts.TrackerPart(),GetPointer(m_caps),GetPointer(m_attribution));
   m_gateway.Timeouts((ulong)settings.result_timeout_ms,(ulong)settings.catch_up_ms);
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| TradeChecks.mqh                                                  |
//| from a command to a request, or to an answer                     |
//+------------------------------------------------------------------+
#ifndef DTMS_TRADE_CHECKS_MQH
#define DTMS_TRADE_CHECKS_MQH

#include "Codes.mqh"
#include "Permissions.mqh"
#include "PositionLookup.mqh"
#include "Tag.mqh"
#include "VolumeChecks.mqh"

//+------------------------------------------------------------------+
//| CTradeChecks: the checks that look at the account: position      |
//| there, target already so, expectation, levels and steps, in that |
//| order (R16, R20). Made on arrival, and again just before the     |
//| request when the command had to wait.                            |
//+------------------------------------------------------------------+
class CTradeChecks
  {
private:
   CSymbolRules      m_rules;
   SPresent          m_present;
   SPresent          m_other;

   static void       Read(SPresent &present);
   bool              Found(const SCommand &command,const SAttempt &attempt,SVerdict &verdict);
   void              PrepareModify(const SCommand &command,const int slack,MqlTradeRequest &request,SVerdict &verdict);
   void              PrepareReduce(const SCommand &command,const SAttempt &attempt,MqlTradeRequest &request,SVerdict &verdict);
   void              PrepareCloseBy(const SCommand &command,MqlTradeRequest &request,SVerdict &verdict);
   void              PrepareOpen(const SCommand &command,const SAttempt &attempt,MqlTradeRequest &request,SVerdict &verdict);
   void              Mark(const SCommand &command,MqlTradeRequest &request) const;

public:
   void              Prepare(const SCommand &command,const SAttempt &attempt,MqlTradeRequest &request,SVerdict &verdict);
   ulong             PositionId(void) const { return(m_present.position_id); }
   double            Volume(void) const { return(m_present.volume); }
   double            OtherVolume(void) const { return(m_other.volume); }
   static bool       Look(const ulong ticket,SPresent &present);
   static bool       Describe(const ulong ticket,SExecutionReport &report);
   static bool       Renamed(const ulong ticket,const ulong position_id);
   static bool       Exists(const ulong ticket) { return(PositionSelectByTicket(ticket)); }
  };

//--- reads a position; false: it is not there
bool CTradeChecks::Look(const ulong ticket,SPresent &present)
  {
   if(!PositionSelectByTicket(ticket))
      return(false);
   Read(present);
   return(true);
  }

//--- reads the position that is selected
void CTradeChecks::Read(SPresent &present)
  {
   present.ticket=(ulong)PositionGetInteger(POSITION_TICKET);
   present.position_id=(ulong)PositionGetInteger(POSITION_IDENTIFIER);
   present.symbol=PositionGetString(POSITION_SYMBOL);
   present.side=CCodes::Side((ENUM_POSITION_TYPE)PositionGetInteger(POSITION_TYPE));
   present.volume=CCodes::NotNegative(PositionGetDouble(POSITION_VOLUME));
   present.stop=CCodes::NotNegative(PositionGetDouble(POSITION_SL));
   present.target=CCodes::NotNegative(PositionGetDouble(POSITION_TP));
   present.magic=(ulong)PositionGetInteger(POSITION_MAGIC);
   present.opened_s=(long)PositionGetInteger(POSITION_TIME);
  }

//--- puts the position as it is now, under whatever ticket, into a report; false: it is gone, and the report says so
bool CTradeChecks::Describe(const ulong ticket,SExecutionReport &report)
  {
   SPresent present;
   bool there=(ticket!=0 && Look(ticket,present));
   if(!there && CPositionLookup::SelectById(report.position_id))
     {
      Read(present);
      there=true;
     }
   report.ticket=ticket;
   report.position_volume=present.volume;
   report.has_stop_loss=(present.stop>0.0);
   report.stop_loss=present.stop;
   report.has_take_profit=(present.target>0.0);
   report.take_profit=present.target;
   if(there)
      report.position_id=present.position_id;
   return(there);
  }

//--- fills the request, or says what the command is to be answered with
void CTradeChecks::Prepare(const SCommand &command,const SAttempt &attempt,MqlTradeRequest &request,SVerdict &verdict)
  {
   SPresent nothing;
   m_present=nothing;
   m_other=nothing;
   ZeroMemory(request);
   if(!CPermissions::Connected())
     {
      verdict.Answer(DTMS_OUTCOME_RETRYABLE,DTMS_WHY_SEND_FAILED,"the terminal has no connection to the broker");
      return;
     }
   if(command.kind==DTMS_MSG_CLOSE_BY && CVolumeChecks::OneASymbol())
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_BAD_COMMAND,"the account has no opposite positions of one symbol");
      return;
     }
   if(!Found(command,attempt,verdict))
      return;
   string symbol=(command.kind==DTMS_MSG_OPEN_POSITION ? command.symbol : m_present.symbol);
   if(!m_rules.Load(symbol))
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_NO_SYMBOL,"the terminal does not know "+symbol);
      return;
     }
   switch(command.kind)
     {
      case DTMS_MSG_MODIFY_POSITION:
         PrepareModify(command,attempt.slack,request,verdict);
         break;
      case DTMS_MSG_REDUCE_POSITION:
         PrepareReduce(command,attempt,request,verdict);
         break;
      case DTMS_MSG_CLOSE_BY:
         PrepareCloseBy(command,request,verdict);
         break;
      default:
         PrepareOpen(command,attempt,request,verdict);
     }
   if(verdict.act && !CPermissions::MayTrade())
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_PERMISSION,CPermissions::Advice(CPermissions::Read()));
  }

//--- whether a position is open under another ticket by now. The identifier is the ticket of the opening order, so a
//--- ticket that was never seen may still be one.
bool CTradeChecks::Renamed(const ulong ticket,const ulong position_id)
  {
   return(ticket!=0 && !Exists(ticket) && CPositionLookup::SelectById(position_id!=0 ? position_id : ticket));
  }

//--- whether the positions are there; a reduction of nothing is done, but one that only changed its ticket is not closed
bool CTradeChecks::Found(const SCommand &command,const SAttempt &attempt,SVerdict &verdict)
  {
   if(command.kind==DTMS_MSG_OPEN_POSITION)
      return(true);
   bool there=Look(command.ticket,m_present);
   if(there && command.kind==DTMS_MSG_CLOSE_BY)
      there=Look(command.by_ticket,m_other);
   if(there)
      return(true);
   if(Renamed(command.ticket,attempt.position_id) || Renamed(command.by_ticket,attempt.by_id))
     {
      verdict.Answer(DTMS_OUTCOME_STALE_VIEW,DTMS_WHY_NONE,"the position has another ticket by now");
      return(false);
     }
   if(command.kind==DTMS_MSG_REDUCE_POSITION)
      verdict.Answer(DTMS_OUTCOME_DONE,DTMS_WHY_ALREADY,"the position is closed");
   else
     {
      verdict.Answer(DTMS_OUTCOME_REJECTED,DTMS_WHY_NO_POSITION,"the position is closed");
      verdict.retcode=TRADE_RETCODE_POSITION_CLOSED;
     }
   return(false);
  }

void CTradeChecks::PrepareModify(const SCommand &command,const int slack,MqlTradeRequest &request,SVerdict &verdict)
  {
   double stop=0.0;
   double target=0.0;
   CStopChecks::Modify(command,m_rules,m_present,slack,stop,target,verdict);
   if(!verdict.act)
      return;
   request.action=TRADE_ACTION_SLTP;
   request.position=command.ticket;
   request.symbol=m_present.symbol;
   request.sl=stop;
   request.tp=target;
  }

void CTradeChecks::PrepareReduce(const SCommand &command,const SAttempt &attempt,MqlTradeRequest &request,SVerdict &verdict)
  {
   double volume=0.0;
   CVolumeChecks::Reduce(command,m_rules,m_present,attempt.booked,volume,verdict);
   if(!verdict.act)
      return;
   bool sell=(m_present.side==DTMS_SIDE_SELL);
   request.action=TRADE_ACTION_DEAL;
   request.position=command.ticket;
   request.symbol=m_present.symbol;
   request.volume=volume;
   request.type=(sell ? ORDER_TYPE_BUY : ORDER_TYPE_SELL);
   request.price=m_rules.ExitPrice(m_present.side);
   request.deviation=command.deviation;
   request.type_filling=m_rules.Filling(attempt.fillings);
   Mark(command,request);
  }

void CTradeChecks::PrepareCloseBy(const SCommand &command,MqlTradeRequest &request,SVerdict &verdict)
  {
   CVolumeChecks::CloseBy(command,m_rules,m_present,m_other,verdict);
   if(!verdict.act)
      return;
   request.action=TRADE_ACTION_CLOSE_BY;
   request.position=command.ticket;
   request.position_by=command.by_ticket;
   request.symbol=m_present.symbol;
   Mark(command,request);
  }

void CTradeChecks::PrepareOpen(const SCommand &command,const SAttempt &attempt,MqlTradeRequest &request,SVerdict &verdict)
  {
   CVolumeChecks::Open(command,m_rules,verdict);
   if(!verdict.act)
      return;
   request.action=TRADE_ACTION_DEAL;
   request.symbol=command.symbol;
   request.volume=command.volume;
   request.type=(command.side==DTMS_SIDE_SELL ? ORDER_TYPE_SELL : ORDER_TYPE_BUY);
   request.price=m_rules.EntryPrice(command.side);
   request.sl=(command.has_stop ? m_rules.Nearest(command.stop) : 0.0);
   request.tp=(command.has_target ? m_rules.Nearest(command.target) : 0.0);
   request.deviation=command.deviation;
   request.type_filling=m_rules.Filling(attempt.fillings);
   Mark(command,request);
  }

//--- tag and comment, by which the deal is known again
void CTradeChecks::Mark(const SCommand &command,MqlTradeRequest &request) const
  {
   request.magic=CTag::Make(command.tag_kind,command.id);
   request.comment=CCodes::Clip(command.comment!="" ? command.comment : "DTMS "+IntegerToString((long)command.id),DTMS_COMMENT_LIMIT);
  }

#endif
//+------------------------------------------------------------------+

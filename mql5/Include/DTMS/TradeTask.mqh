//+------------------------------------------------------------------+
//| TradeTask.mqh                                                    |
//| one command on its way                                           |
//+------------------------------------------------------------------+
#ifndef DTMS_TRADE_TASK_MQH
#define DTMS_TRADE_TASK_MQH

#include "Command.mqh"
#include "OutcomeSearch.mqh"
#include "Rules.mqh"

//--- what a command is waiting for
enum ENUM_TASK_STATE
  {
   TASK_QUEUED,      // a free ticket and a free place
   TASK_IN_FLIGHT,   // the broker's answer
   TASK_PAUSED,      // a fresh price, then the same request again
   TASK_SEARCHING    // reported UNKNOWN; the history may tell
  };

//+------------------------------------------------------------------+
//| CTradeTask: the command, its requests so far, and what they have |
//| brought                                                          |
//+------------------------------------------------------------------+
class CTradeTask
  {
private:
   double            m_turnover;

public:
   SCommand          command;
   ENUM_TASK_STATE   state;
   MqlTradeRequest   request;
   uint              request_id;
   ulong             sent_ms;
   ulong             paused_ms;
   int               attempts;
   int               reprices;
   int               fixes;
   int               fillings;        // of the fixes those that ask for another filling
   bool              again;           // the volume is closed in parts, this was not the last
   bool              next_quote;      // paused until another quote has come
   bool              unknown_told;
   bool              is_old;          // of an earlier life: numbers of requests may begin anew with the terminal
   uint              retcode;         // of the last answer
   string            remark;
   long              quote_msc;       // time of the quote at the last request
   ulong             position_id;     // 0 until it is known
   ulong             by_id;           // close by: of the opposite position
   double            sent_from;       // lots of the position at the last request
   double            sent_by;         // close by: of the opposite position
   ulong             order;
   ulong             deal;
   double            volume;
   COutcomeSearch    search;

                     CTradeTask(const SCommand &what);
   bool              Busy(void) const { return(state==TASK_IN_FLIGHT || state==TASK_PAUSED); }
   bool              Asked(const MqlTradeRequest &other) const;
   bool              Holds(const SCommand &other) const;
   bool              Expired(const ulong now_ms) const { return(DTMS_HOLDS(DTMS_RULE_DEADLINE) && now_ms>command.deadline_ms); }
   double            Price(void) const { return(volume>0.0 ? m_turnover/volume : 0.0); }
   void              Book(const ulong in_order,const ulong by_deal,const double lots,const double price);
   void              Write(CMsgPackWriter &row) const;
   bool              Read(CMsgPackReader &row);
  };

CTradeTask::CTradeTask(const SCommand &what) : m_turnover(0.0),state(TASK_QUEUED),request_id(0),sent_ms(0),paused_ms(0),attempts(0),
   reprices(0),fixes(0),fillings(0),again(false),next_quote(false),unknown_told(false),is_old(false),retcode(0),remark(""),quote_msc(0),position_id(0),by_id(0),
   sent_from(0.0),sent_by(0.0),order(0),deal(0),volume(0.0)
  {
   command=what;
   ZeroMemory(request);
  }

//--- whether the last request is that one: numbers alone may repeat, or be another program's
bool CTradeTask::Asked(const MqlTradeRequest &other) const
  {
   if(is_old && (MathAbs(request.sl-other.sl)>DTMS_SAME_PRICE || MathAbs(request.tp-other.tp)>DTMS_SAME_PRICE))
      return(false);
   return(request.action==other.action && request.magic==other.magic && request.position==other.position && request.symbol==other.symbol);
  }

//--- whether another command must wait for this one: one request a ticket at a time. A reduction passes a modification
//--- that is not answered yet (R17), for it cannot be done twice by that.
bool CTradeTask::Holds(const SCommand &other) const
  {
   if(state==TASK_QUEUED || (!CCommands::Concerns(command,other.ticket) && !CCommands::Concerns(command,other.by_ticket)))
      return(false);
   return(!CCommands::Reduces(other) || CCommands::MakesDeal(command));
  }

//--- the command and its requests so far, for the ledger on disk
void CTradeTask::Write(CMsgPackWriter &row) const
  {
   row.UInt((ulong)command.kind);
   row.UInt((ulong)command.tag_kind);
   row.UInt((ulong)command.act);
   row.UInt(command.ticket);
   row.UInt(command.by_ticket);
   row.UInt(command.deadline_ms);
   row.Text(command.symbol);
   row.Real(command.volume);
   row.UInt(position_id);
   row.UInt(by_id);
   row.UInt((ulong)attempts);
   row.UInt(order);
   row.UInt(deal);
   row.Real(volume);
   row.Real(m_turnover);
   row.Flag(again);
   search.Write(row);
  }

//--- the same in a later life; false: it is not all there
bool CTradeTask::Read(CMsgPackReader &row)
  {
   ulong kind=0;
   ulong tag_kind=0;
   ulong act=0;
   ulong tries=0;
   bool whole=(row.UInt(kind) && row.UInt(tag_kind) && row.UInt(act) && row.UInt(command.ticket) && row.UInt(command.by_ticket)
               && row.UInt(command.deadline_ms) && row.Text(command.symbol) && row.Real(command.volume));
   whole=(whole && row.UInt(position_id) && row.UInt(by_id) && row.UInt(tries) && row.UInt(order) && row.UInt(deal)
          && row.Real(volume) && row.Real(m_turnover) && row.Flag(again) && search.Read(row));
   command.kind=(int)kind;
   command.tag_kind=(int)tag_kind;
   command.act=(int)act;
   attempts=(int)tries;
   search.CopyRequest(request);
   return(whole);
  }

//--- the broker has made a deal
void CTradeTask::Book(const ulong in_order,const ulong by_deal,const double lots,const double price)
  {
   if(in_order!=0)
      order=in_order;
   if(by_deal!=0)
      deal=by_deal;
   if(lots<=0.0)
      return;
   volume+=lots;
   m_turnover+=lots*price;
  }

#endif
//+------------------------------------------------------------------+

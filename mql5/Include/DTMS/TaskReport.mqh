//+------------------------------------------------------------------+
//| TaskReport.mqh                                                   |
//| what is said about a command                                     |
//+------------------------------------------------------------------+
#ifndef DTMS_TASK_REPORT_MQH
#define DTMS_TASK_REPORT_MQH

#include "Elapsed.mqh"
#include "ServerClock.mqh"
#include "TradeChecks.mqh"
#include "TradeTask.mqh"

#define DTMS_DETAIL_LIMIT 512

//+------------------------------------------------------------------+
//| CTaskReport: fills a report from a command's requests and from   |
//| the position as it is now                                        |
//+------------------------------------------------------------------+
class CTaskReport
  {
public:
   static void       Fill(const CTradeTask &task,const int outcome,const int why,const string detail,const ulong now_ms,SExecutionReport &report);
  };

void CTaskReport::Fill(const CTradeTask &task,const int outcome,const int why,const string detail,const ulong now_ms,SExecutionReport &report)
  {
   report.ts_event=CServerClock::ServerMs();
   report.command_id=task.command.id;
   report.outcome=outcome;
   report.retcode=task.retcode;
   report.why=why;
   report.position_id=task.position_id;
   report.order=task.order;
   report.deal=task.deal;
   report.volume=CCodes::NotNegative(task.volume);
   report.price=CCodes::NotNegative(task.Price());
   report.attempts=(uint)task.attempts;
   report.elapsed_ms=(uint)CElapsed::Ms(now_ms,task.command.arrived_ms);
   report.detail=CCodes::Clip(detail,DTMS_DETAIL_LIMIT);
//--- a position that was opened has the ticket of its order
   if(!CTradeChecks::Describe(task.command.ticket!=0 ? task.command.ticket : task.order,report) && task.command.ticket==0)
      report.ticket=0;
  }

#endif
//+------------------------------------------------------------------+

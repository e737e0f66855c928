//+------------------------------------------------------------------+
//| AnswerJudge.mqh                                                  |
//| what an answer of the broker makes of a command                  |
//+------------------------------------------------------------------+
#ifndef DTMS_ANSWER_JUDGE_MQH
#define DTMS_ANSWER_JUDGE_MQH

#include "Retcodes.mqh"
#include "TradeTask.mqh"

#define DTMS_REPRICES 3    // the same request with a fresh price (R22)
#define DTMS_FIXES    1    // a request that was put right

//--- where the command goes from here
enum ENUM_TASK_STEP
  {
   STEP_NONE,      // it goes on waiting
   STEP_FINISH,
   STEP_PAUSE,     // another request at the next opportunity
   STEP_SEARCH
  };

struct SStep
  {
   ENUM_TASK_STEP    kind;
   bool              dealt;       // so many lots were dealt at that price
   double            lots;
   double            price;
   bool              next_quote;  // the next opportunity is another quote
   int               outcome;
   int               why;
   string            detail;

                     SStep(void) : kind(STEP_NONE),dealt(false),lots(0.0),price(0.0),next_quote(false),outcome(0),why(0),detail("") {}

   void              Finish(const int what,const int reason,const string text)
     {
      kind=STEP_FINISH;
      outcome=what;
      why=reason;
      detail=text;
     }

   void              Pause(const bool for_quote)
     {
      kind=STEP_PAUSE;
      next_quote=for_quote;
     }

   void              Dealt(const double volume,const double at)
     {
      dealt=true;
      lots=volume;
      price=at;
     }
  };

//+------------------------------------------------------------------+
//| CAnswerJudge: PROTOCOL.md, part 6, outcome by return code. Counts|
//| the command's attempts, changes nothing else.                    |
//+------------------------------------------------------------------+
class CAnswerJudge
  {
private:
   static void       Done(CTradeTask *p_task,const MqlTradeResult &result,SStep &step);
   static void       Reprice(CTradeTask *p_task,const bool next_quote,SStep &step);
   static void       Fix(CTradeTask *p_task,const MqlTradeResult &result,SStep &step);
   static void       Refused(const ENUM_RETCODE_CLASS kind,const string comment,SStep &step);

public:
   static void       InTime(CTradeTask *p_task,const MqlTradeResult &result,SStep &step);
   static void       Late(const CTradeTask &task,const MqlTradeResult &result,SStep &step);
  };

//--- an answer in time
void CAnswerJudge::InTime(CTradeTask *p_task,const MqlTradeResult &result,SStep &step)
  {
   ENUM_RETCODE_CLASS kind=CRetcodes::Class(result.retcode,CCommands::Reduces(p_task.command));
   switch(kind)
     {
      case RETCODE_DONE:
         Done(p_task,result,step);
         break;
      case RETCODE_PARTIAL:
         step.Dealt(result.volume,result.price);
         step.Finish(DTMS_OUTCOME_PARTIAL,DTMS_WHY_NONE,result.comment);
         break;
      case RETCODE_WAS_SO:
         step.Finish(DTMS_OUTCOME_DONE,DTMS_WHY_ALREADY,result.comment);
         break;
      case RETCODE_REPRICE:
      case RETCODE_NEXT_QUOTE:
         Reprice(p_task,kind==RETCODE_NEXT_QUOTE,step);
         break;
      case RETCODE_UNCLEAR:
         step.kind=STEP_SEARCH;
         step.detail=result.comment;
         break;
      case RETCODE_FIX:
         Fix(p_task,result,step);
         break;
      default:
         Refused(kind,result.comment,step);
     }
  }

//--- an answer after UNKNOWN was reported: whatever was not executed has expired
void CAnswerJudge::Late(const CTradeTask &task,const MqlTradeResult &result,SStep &step)
  {
   ENUM_RETCODE_CLASS kind=CRetcodes::Class(result.retcode,CCommands::Reduces(task.command));
   if(kind==RETCODE_UNCLEAR)
      return;
   if(kind==RETCODE_DONE || kind==RETCODE_PARTIAL)
     {
      bool whole=(kind==RETCODE_DONE && !task.again);
      step.Dealt(result.volume,result.price);
      step.Finish(whole ? DTMS_OUTCOME_DONE : DTMS_OUTCOME_PARTIAL,DTMS_WHY_NONE,"answered late");
     }
   else
      if(kind==RETCODE_WAS_SO)
         step.Finish(DTMS_OUTCOME_DONE,DTMS_WHY_ALREADY,"answered late");
      else
         step.Finish(DTMS_OUTCOME_EXPIRED,DTMS_WHY_NOT_EXECUTED,"answered late: "+result.comment);
  }

//--- the broker has done it; a volume beyond what one request may have goes on with the rest
void CAnswerJudge::Done(CTradeTask *p_task,const MqlTradeResult &result,SStep &step)
  {
   step.Dealt(result.volume>0.0 ? result.volume : p_task.request.volume,result.price>0.0 ? result.price : p_task.request.price);
   if(!p_task.again)
     {
      step.Finish(DTMS_OUTCOME_DONE,DTMS_WHY_NONE,p_task.remark);
      return;
     }
   p_task.reprices=0;
   p_task.fixes=p_task.fillings;
   step.Pause(false);
  }

//--- the same again with a fresh price
void CAnswerJudge::Reprice(CTradeTask *p_task,const bool next_quote,SStep &step)
  {
   p_task.reprices++;
   if(p_task.reprices>DTMS_REPRICES)
      step.Finish(DTMS_OUTCOME_RETRYABLE,DTMS_WHY_NONE,"no price was good for long enough");
   else
      step.Pause(next_quote);
  }

//--- put right and sent once more
void CAnswerJudge::Fix(CTradeTask *p_task,const MqlTradeResult &result,SStep &step)
  {
   p_task.fixes++;
   if(result.retcode==TRADE_RETCODE_INVALID_FILL)
      p_task.fillings++;
   if(p_task.fixes>DTMS_FIXES)
      step.Finish(DTMS_OUTCOME_REJECTED,DTMS_WHY_NONE,result.comment);
   else
      step.Pause(false);
  }

void CAnswerJudge::Refused(const ENUM_RETCODE_CLASS kind,const string comment,SStep &step)
  {
   if(kind==RETCODE_LATER)
      step.Finish(DTMS_OUTCOME_RETRYABLE,DTMS_WHY_NONE,comment);
   else
      step.Finish(DTMS_OUTCOME_REJECTED,kind==RETCODE_OTHER_PLAN ? DTMS_WHY_CHANGE_PLAN : DTMS_WHY_NONE,comment);
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| Command.mqh                                                      |
//| the four commands as one structure                               |
//+------------------------------------------------------------------+
#ifndef DTMS_COMMAND_MQH
#define DTMS_COMMAND_MQH

#include "Messages.mqh"

#define DTMS_COMMENT_LIMIT 31  // characters of a comment that a broker keeps, at best

//--- who wants it
#define DTMS_ACT_NONE     0
#define DTMS_ACT_FLOOR    1  // the Expert Advisor: a position without a stop gets its floor
#define DTMS_ACT_SILENCE  2  // the Expert Advisor: the plan after silence

struct SCommand
  {
   int               kind;              // type of the message
   ulong             id;
   ulong             deadline_ms;
   ulong             arrived_ms;
   ulong             ticket;            // 0 for an opening
   ulong             by_ticket;         // close by: the opposite position
   bool              has_expect_stop;
   double            expect_stop;
   bool              has_expect_target;
   double            expect_target;
   bool              has_stop;          // modify and open: what to set
   double            stop;
   bool              has_target;
   double            target;
   bool              has_expect_volume;
   double            expect_volume;
   bool              has_expect_by;
   double            expect_by;
   double            volume;            // reduce: what shall remain; open: what to open
   uint              deviation;
   string            symbol;            // open
   int               side;
   int               tag_kind;
   string            comment;
   int               act;               // of the Expert Advisor itself (R27): DTMS_ACT_...; 0: the bridge commands

                     SCommand(void) : kind(0),id(0),deadline_ms(0),arrived_ms(0),ticket(0),by_ticket(0),has_expect_stop(false),expect_stop(0.0),
                     has_expect_target(false),expect_target(0.0),has_stop(false),stop(0.0),has_target(false),target(0.0),
                     has_expect_volume(false),expect_volume(0.0),has_expect_by(false),expect_by(0.0),volume(0.0),deviation(0),
                     symbol(""),side(0),tag_kind(0),comment(""),act(DTMS_ACT_NONE) {}
  };

//+------------------------------------------------------------------+
//| CCommands: reads the messages, and what is true of each kind     |
//+------------------------------------------------------------------+
class CCommands
  {
private:
   static bool       ReadModify(CMsgPackReader &body,SCommand &command);
   static bool       ReadReduce(CMsgPackReader &body,SCommand &command);
   static bool       ReadOpen(CMsgPackReader &body,SCommand &command);
   static bool       ReadCloseBy(CMsgPackReader &body,SCommand &command);

public:
   static bool       Is(const int type);
   static bool       Read(const int type,CMsgPackReader &body,SCommand &command);
   static bool       Reduces(const SCommand &command);
   static bool       MakesDeal(const SCommand &command);
   static bool       Concerns(const SCommand &command,const ulong ticket);
   static int        Operation(const SCommand &command);
   static string     Words(const SCommand &command);
  };

bool CCommands::Is(const int type)
  {
   return(type==DTMS_MSG_MODIFY_POSITION || type==DTMS_MSG_REDUCE_POSITION || type==DTMS_MSG_OPEN_POSITION || type==DTMS_MSG_CLOSE_BY);
  }

//--- reads a command's body; false: malformed
bool CCommands::Read(const int type,CMsgPackReader &body,SCommand &command)
  {
   command.kind=type;
   switch(type)
     {
      case DTMS_MSG_MODIFY_POSITION:
         return(ReadModify(body,command));
      case DTMS_MSG_REDUCE_POSITION:
         return(ReadReduce(body,command));
      case DTMS_MSG_OPEN_POSITION:
         return(ReadOpen(body,command));
      case DTMS_MSG_CLOSE_BY:
         return(ReadCloseBy(body,command));
      default:
         return(false);
     }
  }

bool CCommands::ReadModify(CMsgPackReader &body,SCommand &command)
  {
   SModifyPosition message;
   if(!message.Read(body))
      return(false);
   command.id=message.command_id;
   command.deadline_ms=message.deadline_ms;
   command.ticket=message.ticket;
   command.has_expect_stop=message.has_expect_stop;
   command.expect_stop=message.expect_stop;
   command.has_expect_target=message.has_expect_target;
   command.expect_target=message.expect_target;
   command.has_stop=message.has_stop_loss;
   command.stop=message.stop_loss;
   command.has_target=message.has_take_profit;
   command.target=message.take_profit;
   return(true);
  }

bool CCommands::ReadReduce(CMsgPackReader &body,SCommand &command)
  {
   SReducePosition message;
   if(!message.Read(body))
      return(false);
   command.id=message.command_id;
   command.deadline_ms=message.deadline_ms;
   command.ticket=message.ticket;
   command.has_expect_volume=message.has_expect_volume;
   command.expect_volume=message.expect_volume;
   command.volume=message.leave_volume;
   command.deviation=message.deviation;
   command.tag_kind=DTMS_OPEN_KIND_REDUCE;
   return(true);
  }

bool CCommands::ReadOpen(CMsgPackReader &body,SCommand &command)
  {
   SOpenPosition message;
   if(!message.Read(body))
      return(false);
   command.id=message.command_id;
   command.deadline_ms=message.deadline_ms;
   command.symbol=message.symbol;
   command.side=message.side;
   command.volume=message.volume;
   command.has_stop=message.has_stop_loss;
   command.stop=message.stop_loss;
   command.has_target=message.has_take_profit;
   command.target=message.take_profit;
   command.deviation=message.deviation;
   command.tag_kind=message.kind;
   command.comment=message.comment;
   return(true);
  }

bool CCommands::ReadCloseBy(CMsgPackReader &body,SCommand &command)
  {
   SCloseBy message;
   if(!message.Read(body))
      return(false);
   command.id=message.command_id;
   command.deadline_ms=message.deadline_ms;
   command.ticket=message.ticket;
   command.by_ticket=message.by_ticket;
   command.has_expect_volume=message.has_expect_volume;
   command.expect_volume=message.expect_volume;
   command.has_expect_by=message.has_expect_by_volume;
   command.expect_by=message.expect_by_volume;
   command.tag_kind=DTMS_OPEN_KIND_REDUCE;
   return(true);
  }

//--- whether it can only make the exposure smaller: goes first, and no cap on numbers holds it back
bool CCommands::Reduces(const SCommand &command)
  {
   return(command.kind==DTMS_MSG_REDUCE_POSITION || command.kind==DTMS_MSG_CLOSE_BY);
  }

//--- whether it can be found by its tag in orders and deals
bool CCommands::MakesDeal(const SCommand &command)
  {
   return(command.kind!=DTMS_MSG_MODIFY_POSITION);
  }

//--- whether it acts on the ticket
bool CCommands::Concerns(const SCommand &command,const ulong ticket)
  {
   return(ticket!=0 && (command.ticket==ticket || command.by_ticket==ticket));
  }

//--- the bit of Operation that allows it
int CCommands::Operation(const SCommand &command)
  {
   switch(command.kind)
     {
      case DTMS_MSG_MODIFY_POSITION:
         return(DTMS_OPERATION_MODIFY);
      case DTMS_MSG_REDUCE_POSITION:
         return(DTMS_OPERATION_REDUCE);
      case DTMS_MSG_OPEN_POSITION:
         return(DTMS_OPERATION_OPEN);
      default:
         return(DTMS_OPERATION_CLOSE_BY);
     }
  }

//--- for the chart and the log
string CCommands::Words(const SCommand &command)
  {
   switch(command.kind)
     {
      case DTMS_MSG_MODIFY_POSITION:
         return("modify #"+IntegerToString((long)command.ticket));
      case DTMS_MSG_REDUCE_POSITION:
         return((command.volume>0.0 ? "reduce #" : "close #")+IntegerToString((long)command.ticket));
      case DTMS_MSG_OPEN_POSITION:
         return("open "+command.symbol);
      default:
         return("close #"+IntegerToString((long)command.ticket)+" by #"+IntegerToString((long)command.by_ticket));
     }
  }

#endif
//+------------------------------------------------------------------+

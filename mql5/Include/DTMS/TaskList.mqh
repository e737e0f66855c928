//+------------------------------------------------------------------+
//| TaskList.mqh                                                     |
//| the commands that are under way                                  |
//+------------------------------------------------------------------+
#ifndef DTMS_TASK_LIST_MQH
#define DTMS_TASK_LIST_MQH

#include "TradeTask.mqh"

//+------------------------------------------------------------------+
//| CTaskList: owns the tasks, in the order of arrival               |
//+------------------------------------------------------------------+
class CTaskList
  {
private:
   CTradeTask       *m_pTasks[];

public:
                    ~CTaskList(void);
   CTradeTask       *NewTask(const SCommand &command);
   CTradeTask       *TaskAt(const int index) const { return(m_pTasks[index]); }
   CTradeTask       *TaskById(const ulong id) const;
   CTradeTask       *TaskByRequest(const uint request_id,const MqlTradeRequest &request) const;
   void              Remove(CTradeTask *p_task);
   int               Total(void) const { return(ArraySize(m_pTasks)); }
   int               Busy(void) const;
   int               InFlight(void) const;
   int               Waiting(const bool reductions,ulong &ids[]) const;
   bool              Held(const SCommand &command) const;
   bool              DealUnderWay(const string symbol,const ulong but_id) const;
   double            LotsBefore(const ulong id) const;
  };

CTaskList::~CTaskList(void)
  {
   for(int i=0; i<ArraySize(m_pTasks); i++)
      delete m_pTasks[i];
  }

//--- appends a task for a command; NULL: no memory
CTradeTask *CTaskList::NewTask(const SCommand &command)
  {
   int total=ArraySize(m_pTasks);
   if(ArrayResize(m_pTasks,total+1,32)<=total)
      return(NULL);
   m_pTasks[total]=new CTradeTask(command);
   return(m_pTasks[total]);
  }

CTradeTask *CTaskList::TaskById(const ulong id) const
  {
   for(int i=0; i<ArraySize(m_pTasks); i++)
      if(m_pTasks[i].command.id==id)
         return(m_pTasks[i]);
   return(NULL);
  }

//--- the task that waits for the answer to a request, in time or after it
CTradeTask *CTaskList::TaskByRequest(const uint request_id,const MqlTradeRequest &request) const
  {
   for(int i=0; i<ArraySize(m_pTasks); i++)
      if(request_id!=0 && m_pTasks[i].request_id==request_id
         && (m_pTasks[i].state==TASK_IN_FLIGHT || m_pTasks[i].state==TASK_SEARCHING)
         && m_pTasks[i].Asked(request))
         return(m_pTasks[i]);
   return(NULL);
  }

//--- takes a task out and deletes it
void CTaskList::Remove(CTradeTask *p_task)
  {
   int kept=0;
   for(int i=0; i<ArraySize(m_pTasks); i++)
      if(m_pTasks[i]!=p_task)
        {
         m_pTasks[kept]=m_pTasks[i];
         kept++;
        }
   delete p_task;
   if(ArrayResize(m_pTasks,kept)<kept)
      return;
  }

//--- how many requests are with the broker, or about to go there again
int CTaskList::Busy(void) const
  {
   int busy=0;
   for(int i=0; i<ArraySize(m_pTasks); i++)
      if(m_pTasks[i].Busy())
         busy++;
   return(busy);
  }

//--- how many requests are with the broker; one that waits for a quote takes no place from others
int CTaskList::InFlight(void) const
  {
   int total=0;
   for(int i=0; i<ArraySize(m_pTasks); i++)
      if(m_pTasks[i].state==TASK_IN_FLIGHT)
         total++;
   return(total);
  }

//--- ids of the commands that wait for their turn, in the order of arrival
int CTaskList::Waiting(const bool reductions,ulong &ids[]) const
  {
   int count=0;
   if(ArrayResize(ids,ArraySize(m_pTasks))<ArraySize(m_pTasks))
      return(0);
   for(int i=0; i<ArraySize(m_pTasks); i++)
      if(m_pTasks[i].state==TASK_QUEUED && CCommands::Reduces(m_pTasks[i].command)==reductions)
        {
         ids[count]=m_pTasks[i].command.id;
         count++;
        }
   return(count);
  }

//--- whether another command is under way for its ticket
bool CTaskList::Held(const SCommand &command) const
  {
   for(int i=0; i<ArraySize(m_pTasks); i++)
      if(m_pTasks[i].command.id!=command.id && m_pTasks[i].Holds(command))
         return(true);
   return(false);
  }

//--- whether a request of another command that makes a deal in the symbol has left, and its end is not known
bool CTaskList::DealUnderWay(const string symbol,const ulong but_id) const
  {
   for(int i=0; i<ArraySize(m_pTasks); i++)
      if(m_pTasks[i].command.id!=but_id && m_pTasks[i].state!=TASK_QUEUED && CCommands::MakesDeal(m_pTasks[i].command)
         && m_pTasks[i].request.symbol==symbol)
         return(true);
   return(false);
  }

//--- lots of openings that were admitted before a command and have not ended
double CTaskList::LotsBefore(const ulong id) const
  {
   double lots=0.0;
   for(int i=0; i<ArraySize(m_pTasks); i++)
     {
      if(m_pTasks[i].command.id==id)
         break;
      if(m_pTasks[i].command.kind==DTMS_MSG_OPEN_POSITION)
         lots+=m_pTasks[i].command.volume;
     }
   return(lots);
  }

#endif
//+------------------------------------------------------------------+

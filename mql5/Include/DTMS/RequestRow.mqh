//+------------------------------------------------------------------+
//| RequestRow.mqh                                                   |
//| a request to the broker, as it stands in the ledger on disk      |
//+------------------------------------------------------------------+
#ifndef DTMS_REQUEST_ROW_MQH
#define DTMS_REQUEST_ROW_MQH

#include "MsgPackReader.mqh"
#include "MsgPackWriter.mqh"

//--- an action in the row; the terminal's own numbers are not relied upon
#define DTMS_ROW_ACTION_DEAL     1
#define DTMS_ROW_ACTION_LEVELS   2
#define DTMS_ROW_ACTION_CLOSE_BY 3

//+------------------------------------------------------------------+
//| CRequestRow: the fields by which a request is found again        |
//+------------------------------------------------------------------+
class CRequestRow
  {
private:
   static int        Action(const ENUM_TRADE_REQUEST_ACTIONS action);

public:
   static void       Write(const MqlTradeRequest &request,CMsgPackWriter &row);
   static bool       Read(CMsgPackReader &row,MqlTradeRequest &request);
  };

int CRequestRow::Action(const ENUM_TRADE_REQUEST_ACTIONS action)
  {
   if(action==TRADE_ACTION_SLTP)
      return(DTMS_ROW_ACTION_LEVELS);
   return(action==TRADE_ACTION_CLOSE_BY ? DTMS_ROW_ACTION_CLOSE_BY : DTMS_ROW_ACTION_DEAL);
  }

void CRequestRow::Write(const MqlTradeRequest &request,CMsgPackWriter &row)
  {
   row.UInt((ulong)Action(request.action));
   row.UInt((ulong)request.magic);
   row.Text(request.symbol);
   row.UInt((ulong)request.position);
   row.UInt((ulong)request.position_by);
   row.Flag(request.type==ORDER_TYPE_SELL);
   row.Real(request.volume);
   row.Real(request.price);
   row.Real(request.sl);
   row.Real(request.tp);
  }

//--- false: it is not all there
bool CRequestRow::Read(CMsgPackReader &row,MqlTradeRequest &request)
  {
   ulong action=0;
   ulong magic=0;
   ulong position=0;
   ulong other=0;
   bool sells=false;
   ZeroMemory(request);
   if(!row.UInt(action) || !row.UInt(magic) || !row.Text(request.symbol) || !row.UInt(position) || !row.UInt(other) || !row.Flag(sells)
      || !row.Real(request.volume) || !row.Real(request.price) || !row.Real(request.sl) || !row.Real(request.tp))
      return(false);
   request.action=TRADE_ACTION_DEAL;
   if(action==DTMS_ROW_ACTION_LEVELS)
      request.action=TRADE_ACTION_SLTP;
   if(action==DTMS_ROW_ACTION_CLOSE_BY)
      request.action=TRADE_ACTION_CLOSE_BY;
   request.magic=magic;
   request.position=position;
   request.position_by=other;
   request.type=(sells ? ORDER_TYPE_SELL : ORDER_TYPE_BUY);
   return(true);
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| DealSums.mqh                                                     |
//| what the deals of one position add up to                         |
//+------------------------------------------------------------------+
#ifndef DTMS_DEAL_SUMS_MQH
#define DTMS_DEAL_SUMS_MQH

#include "Codes.mqh"
#include "Tag.mqh"

#define DTMS_VOLUME_NOISE 0.000000005  // half of the 1e-8 lots in which the digest counts

//+------------------------------------------------------------------+
//| CDealSums: HistorySelectByPosition, summed. Volume is signed by  |
//| the side of the deal, so that on every kind of account the sum   |
//| is what is open.                                                 |
//+------------------------------------------------------------------+
class CDealSums
  {
private:
   void              Clear(void);
   void              Add(const ulong deal,const ulong after_deal);
   void              AddClosing(const ulong deal,const double volume);

public:
   int               deals;
   ulong             last_deal;
   double            net_volume;
   double            profit;
   double            swap;
   double            commission;       // of all deals
   //--- the deals that opened it
   double            in_volume;
   double            in_commission;
   //--- the closing deals after a deal that was known
   double            out_volume;
   double            out_price;
   ulong             out_deal;
   ulong             out_command;
   int               out_reason;

                     CDealSums(void) { Clear(); }
   bool              Read(const ulong position_id,const ulong after_deal);
   bool              Accounts(const double open_volume) const;
   double            EntryCommission(const double open_volume) const;
  };

void CDealSums::Clear(void)
  {
   deals=0;
   last_deal=0;
   net_volume=0.0;
   profit=0.0;
   swap=0.0;
   commission=0.0;
   in_volume=0.0;
   in_commission=0.0;
   out_volume=0.0;
   out_price=0.0;
   out_deal=0;
   out_command=0;
   out_reason=DTMS_REASON_OTHER;
  }

//--- sums the deals of a position; false: the history cannot be read. Replaces the program's selected history.
bool CDealSums::Read(const ulong position_id,const ulong after_deal)
  {
   Clear();
   if(!HistorySelectByPosition(position_id))
      return(false);
   int total=HistoryDealsTotal();
   for(int i=0; i<total; i++)
     {
      ulong deal=HistoryDealGetTicket(i);
      if(deal!=0)
         Add(deal,after_deal);
     }
   if(out_volume>0.0)
      out_price/=out_volume;
   return(true);
  }

void CDealSums::Add(const ulong deal,const ulong after_deal)
  {
   double volume=CCodes::NotNegative(HistoryDealGetDouble(deal,DEAL_VOLUME));
   ENUM_DEAL_TYPE kind=(ENUM_DEAL_TYPE)HistoryDealGetInteger(deal,DEAL_TYPE);
   ENUM_DEAL_ENTRY entry=(ENUM_DEAL_ENTRY)HistoryDealGetInteger(deal,DEAL_ENTRY);
   deals++;
   if(deal>last_deal)
      last_deal=deal;
   profit+=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_PROFIT));
   swap+=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_SWAP));
   double charged=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_COMMISSION))+CCodes::Finite(HistoryDealGetDouble(deal,DEAL_FEE));
   commission+=charged;
   if(entry==DEAL_ENTRY_IN || entry==DEAL_ENTRY_INOUT)
     {
      in_volume+=volume;
      in_commission+=charged;
     }
   if(kind==DEAL_TYPE_BUY)
      net_volume+=volume;
   if(kind==DEAL_TYPE_SELL)
      net_volume-=volume;
   if(entry!=DEAL_ENTRY_IN && deal>after_deal)
      AddClosing(deal,volume);
  }

void CDealSums::AddClosing(const ulong deal,const double volume)
  {
   out_volume+=volume;
   out_price+=volume*CCodes::NotNegative(HistoryDealGetDouble(deal,DEAL_PRICE));
   if(deal<out_deal)
      return;
   out_deal=deal;
   out_reason=CCodes::DealReason((ENUM_DEAL_REASON)HistoryDealGetInteger(deal,DEAL_REASON));
   out_command=CTag::CommandOf((ulong)HistoryDealGetInteger(deal,DEAL_MAGIC));
  }

//--- whether the deals say that so much is open
bool CDealSums::Accounts(const double open_volume) const
  {
   return(deals>0 && MathAbs(MathAbs(net_volume)-open_volume)<DTMS_VOLUME_NOISE);
  }

//--- what opening the volume that is left has cost: a part that was closed took its share along
double CDealSums::EntryCommission(const double open_volume) const
  {
   return(in_volume>0.0 ? in_commission*MathMin(1.0,open_volume/in_volume) : 0.0);
  }

#endif
//+------------------------------------------------------------------+

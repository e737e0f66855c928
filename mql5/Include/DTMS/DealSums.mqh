//+------------------------------------------------------------------+
//| DealSums.mqh                                                     |
//| what the deals of one position add up to                         |
//+------------------------------------------------------------------+
#ifndef DTMS_DEAL_SUMS_MQH
#define DTMS_DEAL_SUMS_MQH

#include "Codes.mqh"
#include "Tag.mqh"

#define DTMS_VOLUME_NOISE  0.000000005  // half of the 1e-8 lots in which the digest counts
#define DTMS_BEGAN_UNKNOWN -1

//+------------------------------------------------------------------+
//| CDealSums: HistorySelectByPosition, summed. Volume is signed by  |
//| the side of the deal, so that on every kind of account the sum   |
//| is what is open. A reversal (INOUT) ends one generation of the   |
//| identifier and begins the next; money and parts are of one       |
//| generation, named by the deal that began it, 0 for the first.    |
//+------------------------------------------------------------------+
class CDealSums
  {
private:
   bool              m_counts;         // the deal at hand is of the generation that is summed

   void              Clear(void);
   bool              Select(const ulong position_id,ulong &tickets[]);
   static ulong      LastTurnTo(const int side,const ulong &tickets[]);
   static bool       IsTurn(const ulong deal);
   static double     SignedVolume(const ulong deal);
   static double     Charged(const ulong deal);
   void              Add(const ulong deal,const ulong after_deal);
   void              Turn(const ulong deal,const ulong wanted,const ulong after_deal);
   void              AddMoney(const ulong deal);
   void              AddClosing(const ulong deal,const double volume);

public:
   int               deals;
   ulong             last_deal;
   ulong             began;            // the generation that was summed
   bool              turned;           // a reversal has ended it
   double            net_volume;       // of all generations, so of the present one
   double            profit;
   double            swap;
   double            commission;       // of all its deals
   //--- the deals that opened it
   double            in_volume;
   double            in_commission;
   //--- the closing deals after a deal that was known
   double            out_volume;
   double            out_price;
   ulong             out_deal;
   ulong             out_command;
   int               out_reason;

                     CDealSums(void) : m_counts(false) { Clear(); }
   bool              Read(const ulong position_id,const int side,const long generation,const ulong after_deal);
   bool              Accounts(const int side,const double open_volume) const;
   bool              Ended(void) const { return(turned || (deals>0 && MathAbs(net_volume)<DTMS_VOLUME_NOISE)); }
   double            EntryCommission(const double open_volume) const;
  };

void CDealSums::Clear(void)
  {
   deals=0;
   last_deal=0;
   began=0;
   turned=false;
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

//--- sums one generation of a position: the one that the deal `generation` began, or, if that is DTMS_BEGAN_UNKNOWN, the
//--- last one of that side. False: the history cannot be read. Replaces the program's selected history.
bool CDealSums::Read(const ulong position_id,const int side,const long generation,const ulong after_deal)
  {
   Clear();
   ulong tickets[];
   if(!Select(position_id,tickets))
      return(false);
   int total=ArraySize(tickets);
   ulong wanted=(generation>=0 ? (ulong)generation : LastTurnTo(side,tickets));
   began=wanted;
//--- a broker may have cut off the deals before
   m_counts=(wanted==0 || (total>0 && tickets[0]>wanted));
   for(int i=0; i<total; i++)
     {
      deals++;
      last_deal=tickets[i];
      if(IsTurn(tickets[i]))
         Turn(tickets[i],wanted,after_deal);
      else
         Add(tickets[i],after_deal);
     }
   if(out_volume>0.0)
      out_price/=out_volume;
   return(true);
  }

//--- the deals of a position, oldest first
bool CDealSums::Select(const ulong position_id,ulong &tickets[])
  {
   if(!HistorySelectByPosition(position_id))
      return(false);
   int total=HistoryDealsTotal();
   if(ArrayResize(tickets,total)<total)
      return(false);
   int count=0;
   for(int i=0; i<total; i++)
     {
      ulong deal=HistoryDealGetTicket(i);
      if(deal==0)
         continue;
      tickets[count]=deal;
      count++;
     }
   if(ArrayResize(tickets,count)<count)
      return(false);
   return(count<2 || ArraySort(tickets));
  }

//--- the last reversal to that side; 0: there is none
ulong CDealSums::LastTurnTo(const int side,const ulong &tickets[])
  {
   for(int i=ArraySize(tickets)-1; i>=0; i--)
      if(IsTurn(tickets[i]) && (SignedVolume(tickets[i])<0.0)==(side==DTMS_SIDE_SELL))
         return(tickets[i]);
   return(0);
  }

bool CDealSums::IsTurn(const ulong deal)
  {
   return((ENUM_DEAL_ENTRY)HistoryDealGetInteger(deal,DEAL_ENTRY)==DEAL_ENTRY_INOUT);
  }

//--- lots bought, negative for lots sold
double CDealSums::SignedVolume(const ulong deal)
  {
   double volume=CCodes::NotNegative(HistoryDealGetDouble(deal,DEAL_VOLUME));
   ENUM_DEAL_TYPE kind=(ENUM_DEAL_TYPE)HistoryDealGetInteger(deal,DEAL_TYPE);
   if(kind==DEAL_TYPE_BUY)
      return(volume);
   return(kind==DEAL_TYPE_SELL ? -volume : 0.0);
  }

double CDealSums::Charged(const ulong deal)
  {
   return(CCodes::Finite(HistoryDealGetDouble(deal,DEAL_COMMISSION))+CCodes::Finite(HistoryDealGetDouble(deal,DEAL_FEE)));
  }

//--- a deal within a generation
void CDealSums::Add(const ulong deal,const ulong after_deal)
  {
   net_volume+=SignedVolume(deal);
   if(!m_counts)
      return;
   double volume=CCodes::NotNegative(HistoryDealGetDouble(deal,DEAL_VOLUME));
   AddMoney(deal);
   commission+=Charged(deal);
   if((ENUM_DEAL_ENTRY)HistoryDealGetInteger(deal,DEAL_ENTRY)!=DEAL_ENTRY_IN)
     {
      if(deal>after_deal)
         AddClosing(deal,volume);
      return;
     }
   in_volume+=volume;
   in_commission+=Charged(deal);
  }

//--- a deal that goes through zero: so much of it as was open ends one generation, the rest begins the next; what the
//--- broker charged is divided by volume, profit and swap are the old one's
void CDealSums::Turn(const ulong deal,const ulong wanted,const ulong after_deal)
  {
   double volume=CCodes::NotNegative(HistoryDealGetDouble(deal,DEAL_VOLUME));
   double ending=MathMin(MathAbs(net_volume),volume);
   double share=(volume>0.0 ? ending/volume : 1.0);
   net_volume+=SignedVolume(deal);
   if(m_counts)
     {
      AddMoney(deal);
      commission+=Charged(deal)*share;
      if(deal>after_deal)
         AddClosing(deal,ending);
      turned=true;
     }
   m_counts=(deal==wanted);
   if(!m_counts)
      return;
   in_volume=volume-ending;
   in_commission=Charged(deal)*(1.0-share);
   commission=in_commission;
  }

void CDealSums::AddMoney(const ulong deal)
  {
   profit+=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_PROFIT));
   swap+=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_SWAP));
  }

void CDealSums::AddClosing(const ulong deal,const double volume)
  {
   out_volume+=volume;
   out_price+=volume*CCodes::NotNegative(HistoryDealGetDouble(deal,DEAL_PRICE));
   out_deal=deal;
   out_reason=CCodes::DealReason((ENUM_DEAL_REASON)HistoryDealGetInteger(deal,DEAL_REASON));
   out_command=CTag::CommandOf((ulong)HistoryDealGetInteger(deal,DEAL_MAGIC));
  }

//--- whether the deals say that so much of that side is open
bool CDealSums::Accounts(const int side,const double open_volume) const
  {
   double signed_volume=(side==DTMS_SIDE_SELL ? -open_volume : open_volume);
   return(deals>0 && MathAbs(net_volume-signed_volume)<DTMS_VOLUME_NOISE);
  }

//--- what opening the volume that is left has cost: a part that was closed took its share along
double CDealSums::EntryCommission(const double open_volume) const
  {
   return(in_volume>0.0 ? in_commission*MathMin(1.0,open_volume/in_volume) : 0.0);
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| TicketIndex.mqh                                                  |
//| finds a place in an array by a 64-bit number                     |
//+------------------------------------------------------------------+
#ifndef DTMS_TICKET_INDEX_MQH
#define DTMS_TICKET_INDEX_MQH

#define DTMS_INDEX_SMALLEST 64

//+------------------------------------------------------------------+
//| CTicketIndex: hash table from numbers (never 0) to places. Open  |
//| addressing with linear probing; at most half full, so a probe is |
//| short and always ends.                                           |
//+------------------------------------------------------------------+
class CTicketIndex
  {
private:
   ulong             m_keys[];
   int               m_values[];
   int               m_capacity;
   int               m_count;

   int               Home(const ulong key) const;
   int               Slot(const ulong key) const;
   bool              Grow(void);
   void              Place(const ulong key,const int value);

public:
                     CTicketIndex(void);
   void              Clear(void);
   int               Count(void) const { return(m_count); }
   int               Find(const ulong key) const;
   bool              Put(const ulong key,const int value);
   void              Remove(const ulong key);
  };

CTicketIndex::CTicketIndex(void) : m_capacity(0),m_count(0)
  {
  }

//--- forgets everything, keeps the memory
void CTicketIndex::Clear(void)
  {
   for(int i=0; i<m_capacity; i++)
      m_keys[i]=0;
   m_count=0;
  }

//--- the slot where a key would stand if nothing were in its way
int CTicketIndex::Home(const ulong key) const
  {
//--- Fibonacci hashing: tickets come in runs, the multiplication spreads them
   ulong mixed=key*0x9E3779B97F4A7C15;
   return((int)((mixed>>33)&(ulong)(m_capacity-1)));
  }

//--- the slot that holds the key, or the free one where it belongs
int CTicketIndex::Slot(const ulong key) const
  {
   int slot=Home(key);
   while(m_keys[slot]!=0 && m_keys[slot]!=key)
      slot=(slot+1)&(m_capacity-1);
   return(slot);
  }

//--- the value of a key, -1 if it is not there
int CTicketIndex::Find(const ulong key) const
  {
   if(m_count==0 || key==0)
      return(-1);
   int slot=Slot(key);
   return(m_keys[slot]==key ? m_values[slot] : -1);
  }

//--- sets the value of a key; false: no memory, or the key is 0
bool CTicketIndex::Put(const ulong key,const int value)
  {
   if(key==0 || (2*(m_count+1)>m_capacity && !Grow()))
      return(false);
   Place(key,value);
   return(true);
  }

void CTicketIndex::Place(const ulong key,const int value)
  {
   int slot=Slot(key);
   if(m_keys[slot]==0)
     {
      m_keys[slot]=key;
      m_count++;
     }
   m_values[slot]=value;
  }

//--- takes a key out and moves up those that probing had put behind it
void CTicketIndex::Remove(const ulong key)
  {
   if(Find(key)<0)
      return;
   int hole=Slot(key);
   int slot=hole;
   m_count--;
   while(true)
     {
      m_keys[hole]=0;
      while(true)
        {
         slot=(slot+1)&(m_capacity-1);
         if(m_keys[slot]==0)
            return;
         int home=Home(m_keys[slot]);
         int reach=(slot-home)&(m_capacity-1);
         int gap=(slot-hole)&(m_capacity-1);
         if(reach>=gap)
            break;
        }
      m_keys[hole]=m_keys[slot];
      m_values[hole]=m_values[slot];
      hole=slot;
     }
  }

//--- doubles the table
bool CTicketIndex::Grow(void)
  {
   ulong keys[];
   int values[];
   int before=m_capacity;
   if(before>0 && (ArrayCopy(keys,m_keys)<before || ArrayCopy(values,m_values)<before))
      return(false);
   int capacity=(before==0 ? DTMS_INDEX_SMALLEST : 2*before);
   if(ArrayResize(m_keys,capacity)<capacity || ArrayResize(m_values,capacity)<capacity)
      return(false);
   m_capacity=capacity;
   m_count=0;
   for(int i=0; i<capacity; i++)
     {
      m_keys[i]=0;
      m_values[i]=0;
     }
   for(int i=0; i<before; i++)
      if(keys[i]!=0)
         Place(keys[i],values[i]);
   return(true);
  }

#endif
//+------------------------------------------------------------------+

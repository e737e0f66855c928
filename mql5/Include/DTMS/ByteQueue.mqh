//+------------------------------------------------------------------+
//| ByteQueue.mqh                                                    |
//| bytes that wait for a socket                                     |
//+------------------------------------------------------------------+
#ifndef DTMS_BYTE_QUEUE_MQH
#define DTMS_BYTE_QUEUE_MQH

//+------------------------------------------------------------------+
//| CByteQueue: first in, first out, never above its limit. A ring,  |
//| so that taking a few bytes from a long queue moves none.         |
//+------------------------------------------------------------------+
class CByteQueue
  {
private:
   uchar             m_ring[];
   int               m_capacity;
   int               m_head;
   int               m_size;
   int               m_limit;

   bool              Grow(const int wanted);
   void              CopyHead(uchar &target[],const int size) const;

public:
                     CByteQueue(void);
   void              SetLimit(const int limit) { m_limit=limit; }
   void              Clear(void);
   int               Size(void) const { return(m_size); }
   bool              HasRoom(const int size) const { return(size<=m_limit-m_size); }
   bool              Append(const uchar &data[],const int size);
   int               Peek(uchar &target[],const int most) const;
   void              Drop(const int size);
  };

CByteQueue::CByteQueue(void) : m_capacity(0),m_head(0),m_size(0),m_limit(0)
  {
  }

//--- forgets everything; the memory stays
void CByteQueue::Clear(void)
  {
   m_head=0;
   m_size=0;
  }

//--- adds the first `size` bytes as a whole; false and nothing added when they do not fit
bool CByteQueue::Append(const uchar &data[],const int size)
  {
   if(!HasRoom(size) || (m_size+size>m_capacity && !Grow(m_size+size)))
      return(false);
   int tail=m_head+m_size;
   if(tail>=m_capacity)
      tail-=m_capacity;
   int first=(size<m_capacity-tail ? size : m_capacity-tail);
   if(first>0)
      ArrayCopy(m_ring,data,tail,0,first);
   if(size>first)
      ArrayCopy(m_ring,data,0,first,size-first);
   m_size+=size;
   return(true);
  }

//--- copies at most `most` bytes from the head and leaves them; returns how many
int CByteQueue::Peek(uchar &target[],const int most) const
  {
   int size=(m_size<most ? m_size : most);
   CopyHead(target,size);
   return(size);
  }

//--- takes bytes from the head
void CByteQueue::Drop(const int size)
  {
   m_size-=size;
   m_head=(m_size==0 ? 0 : (m_head+size)%m_capacity);
  }

//--- more memory, by doubling; what is there moves to the front
bool CByteQueue::Grow(const int wanted)
  {
   int capacity=(m_capacity<4096 ? 4096 : m_capacity);
   while(capacity<wanted)
      capacity*=2;
   uchar moved[];
   if(ArrayResize(moved,m_size)!=m_size)
      return(false);
   CopyHead(moved,m_size);
   if(ArrayResize(m_ring,capacity)<capacity)
      return(false);
   m_capacity=capacity;
   m_head=0;
   if(m_size>0)
      ArrayCopy(m_ring,moved,0,0,m_size);
   return(true);
  }

//--- the first `size` bytes of the queue
void CByteQueue::CopyHead(uchar &target[],const int size) const
  {
   int first=(size<m_capacity-m_head ? size : m_capacity-m_head);
   if(first>0)
      ArrayCopy(target,m_ring,0,m_head,first);
   if(size>first)
      ArrayCopy(target,m_ring,first,0,size-first);
  }

#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//| Rows.mqh                                                         |
//| records of a file that show whether they are whole               |
//+------------------------------------------------------------------+
#ifndef DTMS_ROWS_MQH
#define DTMS_ROWS_MQH

#include "Bytes.mqh"
#include "MsgPackWriter.mqh"

#define DTMS_ROW_HEAD 8        // length and CRC-32, four bytes each, highest first
#define DTMS_ROW_MOST 1048576  // a longer row is none

//--- what stands at a place of a file
enum ENUM_ROW
  {
   ROW_WHOLE,
   ROW_TORN,       // the file ends within it, or zeros follow to the end
   ROW_DAMAGED
  };

//+------------------------------------------------------------------+
//| CRows: a row is its length, the CRC-32 of its bytes, the bytes.  |
//| A program that dies while it writes leaves a torn last row.      |
//+------------------------------------------------------------------+
class CRows
  {
private:
   static uint       s_table[256];
   static bool       s_made;

   static void       MakeTable(void);
   static bool       OnlyZeros(const uchar &data[],const int from,const int size);

public:
   static uint       Crc32(const uchar &data[],const int from,const int size);
   static int        Pack(const CMsgPackWriter &payload,uchar &row[]);
   static ENUM_ROW   Look(const uchar &data[],const int at,const int total,int &size);
   static int        FindNext(const uchar &data[],const int from,const int total);
  };

uint CRows::s_table[256];
bool CRows::s_made=false;

void CRows::MakeTable(void)
  {
   for(uint i=0; i<256; i++)
     {
      uint value=i;
      for(int bit=0; bit<8; bit++)
         value=((value&1)!=0 ? (value>>1)^0xEDB88320 : value>>1);
      s_table[(int)i]=value;
     }
   s_made=true;
  }

//--- the check sum of ISO 3309, as zip has it; the caller has checked the bounds
uint CRows::Crc32(const uchar &data[],const int from,const int size)
  {
   if(!s_made)
      MakeTable();
   uint value=0xFFFFFFFF;
   for(int i=0; i<size; i++)
      value=(value>>8)^s_table[(int)((value^(uint)data[from+i])&0xFF)];
   return(value^0xFFFFFFFF);
  }

//--- one row; returns its size, 0: no memory
int CRows::Pack(const CMsgPackWriter &payload,uchar &row[])
  {
   uchar bytes[];
   int size=payload.Size();
   payload.CopyTo(bytes);
   int total=DTMS_ROW_HEAD+size;
   if(size<1 || ArraySize(bytes)<size || ArrayResize(row,total)<total)
      return(0);
   CBytes::WriteBigEndian(row,0,4,(ulong)size);
   CBytes::WriteBigEndian(row,4,4,(ulong)Crc32(bytes,0,size));
   return(ArrayCopy(row,bytes,DTMS_ROW_HEAD,0,size)==size ? total : 0);
  }

bool CRows::OnlyZeros(const uchar &data[],const int from,const int size)
  {
   for(int i=0; i<size; i++)
      if(data[from+i]!=0)
         return(false);
   return(true);
  }

//--- what stands at `at` of `total` bytes; `size`: of the row's own bytes, which follow its head
ENUM_ROW CRows::Look(const uchar &data[],const int at,const int total,int &size)
  {
   size=0;
   int rest=total-at;
   if(rest<DTMS_ROW_HEAD || OnlyZeros(data,at,rest))
      return(ROW_TORN);
   ulong length=CBytes::ReadBigEndian(data,at,4);
   if(length<1 || length>DTMS_ROW_MOST)
      return(ROW_DAMAGED);
   if(length>(ulong)(rest-DTMS_ROW_HEAD))
      return(ROW_TORN);
   size=(int)length;
   return(Crc32(data,at+DTMS_ROW_HEAD,size)==(uint)CBytes::ReadBigEndian(data,at+4,4) ? ROW_WHOLE : ROW_DAMAGED);
  }

//--- behind a row that is not whole the next one that is; -1: there is none
int CRows::FindNext(const uchar &data[],const int from,const int total)
  {
   int size=0;
   for(int at=from; at<=total-DTMS_ROW_HEAD; at++)
     {
//--- a long run of zeros is not looked at again from each of them
      ulong length=CBytes::ReadBigEndian(data,at,4);
      if(length>=1 && length<=DTMS_ROW_MOST && Look(data,at,total,size)==ROW_WHOLE)
         return(at);
     }
   return(-1);
  }

#endif
//+------------------------------------------------------------------+

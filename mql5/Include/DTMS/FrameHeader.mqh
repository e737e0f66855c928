//+------------------------------------------------------------------+
//| FrameHeader.mqh                                                  |
//| the eight numbers before the body of a frame (R04)               |
//+------------------------------------------------------------------+
#ifndef DTMS_FRAME_HEADER_MQH
#define DTMS_FRAME_HEADER_MQH

#include "MsgPackReader.mqh"
#include "MsgPackWriter.mqh"
#include "Protocol.mqh"

//--- elements of a frame: eight numbers and the body
#define DTMS_FRAME_WIDTH 9
//--- most bytes of a frame that are not its body: array head 1, version 1, type 5, session, seq, ack and clock 9 each, epoch 5, flags 1
#define DTMS_HEADER_SIZE 64

struct SFrameHeader
  {
   uint              version;
   int               type;
   ulong             session;    // nonce of the Expert Advisor
   ulong             seq;        // 0: not counted
   ulong             ack;
   uint              epoch;
   ulong             mono_ms;    // the sender's clock
   uint              flags;

                     SFrameHeader(void) : version(0),type(0),session(0),seq(0),ack(0),epoch(0),mono_ms(0),flags(0) {}

   //--- the header; the body is to be appended
   void              Write(CMsgPackWriter &writer) const
     {
      writer.Array(DTMS_FRAME_WIDTH);
      writer.UInt((ulong)version);
      writer.UInt((ulong)type);
      writer.UInt(session);
      writer.UInt(seq);
      writer.UInt(ack);
      writer.UInt((ulong)epoch);
      writer.UInt(mono_ms);
      writer.UInt((ulong)flags);
     }

   //--- the header; false: this is no frame. The reader then stands at the body, and all behind it is known to be well-formed.
   bool              Read(CMsgPackReader &reader)
     {
      int width=0;
      if(!reader.Array(width) || width<DTMS_FRAME_WIDTH)
         return(false);
      ulong small_version=0;
      ulong small_type=0;
      ulong small_epoch=0;
      ulong small_flags=0;
      if(!reader.UInt(small_version) || !reader.UInt(small_type) || !reader.UInt(session) || !reader.UInt(seq) || !reader.UInt(ack) ||
         !reader.UInt(small_epoch) || !reader.UInt(mono_ms) || !reader.UInt(small_flags))
         return(false);
      if(small_version>0xFFFFFFFF || small_type>0x7FFFFFFF || small_epoch>DTMS_MAX_EPOCH || mono_ms>0x7FFFFFFFFFFFFFFF ||
         small_flags>0xFFFFFFFF)
         return(false);
      version=(uint)small_version;
      type=(int)small_type;
      epoch=(uint)small_epoch;
      flags=(uint)small_flags;
      int body=reader.Position();
      for(int i=DTMS_FRAME_WIDTH-1; i<width; i++)
         if(!reader.Skip())
            return(false);
      return(reader.AtEnd() && reader.Seek(body));
     }
  };

#endif
//+------------------------------------------------------------------+

"""The enumerations of ``dtms.names`` as field types: an enumeration in Python, an integer on the wire."""

from typing import Annotated

from dtms.names import (
    Changed,
    DealEntry,
    DealType,
    LogoutWhy,
    MarginMode,
    NoticeCode,
    OnSilence,
    OpenKind,
    Operation,
    OrderState,
    Outcome,
    Permission,
    Reason,
    RefuseWhy,
    RejectWhy,
    RiskClass,
    Role,
    Side,
    TradeMode,
    Why,
)
from dtms.wire.base import coded

SideCode = Annotated[Side, coded(Side)]
RoleCode = Annotated[Role, coded(Role)]
MarginModeCode = Annotated[MarginMode, coded(MarginMode)]
TradeModeCode = Annotated[TradeMode, coded(TradeMode)]
PermissionCode = Annotated[Permission, coded(Permission)]
OperationCode = Annotated[Operation, coded(Operation)]
RiskClassCode = Annotated[RiskClass, coded(RiskClass)]
OpenKindCode = Annotated[OpenKind, coded(OpenKind)]
OutcomeCode = Annotated[Outcome, coded(Outcome)]
WhyCode = Annotated[Why, coded(Why)]
RejectWhyCode = Annotated[RejectWhy, coded(RejectWhy)]
RefuseWhyCode = Annotated[RefuseWhy, coded(RefuseWhy)]
LogoutWhyCode = Annotated[LogoutWhy, coded(LogoutWhy)]
OnSilenceCode = Annotated[OnSilence, coded(OnSilence)]
ReasonCode = Annotated[Reason, coded(Reason)]
DealTypeCode = Annotated[DealType, coded(DealType)]
DealEntryCode = Annotated[DealEntry, coded(DealEntry)]
OrderStateCode = Annotated[OrderState, coded(OrderState)]
ChangedCode = Annotated[Changed, coded(Changed)]
NoticeCodeCode = Annotated[NoticeCode, coded(NoticeCode)]

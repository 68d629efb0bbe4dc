from django.urls import path

from marketplace.chain.api.earnings import EarningsView
from marketplace.chain.api.views import BalanceView, ChainView, DepositView, TransactionView

urlpatterns = [
    path("chain", ChainView.as_view(), name="chain"),
    path("deposits", DepositView.as_view(), name="deposits"),
    path("balances/<str:address>", BalanceView.as_view(), name="balance"),
    path("earnings/<str:address>", EarningsView.as_view(), name="earnings"),
    path("transactions/<uuid:transaction_id>", TransactionView.as_view(), name="transaction"),
]

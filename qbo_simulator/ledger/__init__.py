"""The ledger: what each transaction posts to which account, and the balances that follow from it."""

"""What the vendors' own SDKs make of every fault; measured, not looked up."""

"""Landing: the door. What the contract allows becomes raw tables; the rest is accounted for."""

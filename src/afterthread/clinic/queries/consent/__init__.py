"""Consent as it is read: the words in one language and in two versions, and what somebody still has to sign."""

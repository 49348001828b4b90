"""Development only: what was "sent", shown as a phone and a mailbox."""

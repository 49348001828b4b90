"""How a message leaves: texts, outbox, routing, dispatch and providers. No pages here."""

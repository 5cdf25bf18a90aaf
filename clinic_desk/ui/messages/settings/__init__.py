"""The settings of messages: how they go, when, by which rules and in which words; a manager writes, others look."""

"""What a page shows of shared knowledge to one person who signed in, and what he does there.

Plain data and verbs, no HTML: the studio draws them. Every verb is that person's, by his session.
"""

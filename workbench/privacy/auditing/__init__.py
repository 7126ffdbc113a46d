"""Whether a run is as private as it says: audits with canaries, and attacks on what was trained."""

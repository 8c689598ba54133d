"""From estimates to verdicts: claims, decision rules, statistics, and the published result to compare with."""

/** An analyzer that costs next to nothing: what is left is the hand-over. */
import type { AnalyzerResult } from '../../src/model/analyzer.ts';

const FINDING = { kind: 'bench', text: 'x'.repeat(1_000) };

/** Always the same finding. */
export default function constant(): AnalyzerResult {
  return FINDING;
}

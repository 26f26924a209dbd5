/** Plots as SVG. The same plot gives the same bytes, so that what is kept changes with the figures alone. */
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import type { Plot } from '../section.ts';
import { specOf } from './plot-spec.ts';

/** Draws it. */
export async function plotSvg(plot: Plot): Promise<string> {
  const view = new View(parse(compile(specOf(plot)).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

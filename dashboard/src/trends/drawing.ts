// What the charts draw besides lines: limit bands and lines, hatched gaps, simulated stretches, alarm marks. Canvas only;
// no data here.

import type uPlot from 'uplot';
import type { Level } from '../stream/contract.ts';
import type { Gap, Span } from './series.ts';

export interface Colours {
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly panel: string;
  readonly grid: string;
  readonly axis: string;
  readonly lines: readonly string[];
  readonly levels: Readonly<
    Record<Level, { readonly fill: string; readonly text: string; readonly tint: string }>
  >;
  readonly font: string;
}

const digits: Readonly<Record<Level, string>> = { red: '1', orange: '2', yellow: '3', blue: '4' };

/** Canvas pixels per pixel of the page. */
function scaleOf(u: uPlot): number {
  return u.ctx.canvas.width / Math.max(1, u.width);
}

export function fillBand(u: uPlot, from: number, to: number | null, colour: string): void {
  const { ctx, bbox } = u;
  const y = (value: number): number =>
    Math.min(bbox.top + bbox.height, Math.max(bbox.top, u.valToPos(value, 'y', true)));
  const top = to === null ? bbox.top : y(to);
  const bottom = y(from);
  if (bottom <= top) return;
  ctx.save();
  ctx.globalAlpha = 0.75;
  ctx.fillStyle = colour;
  ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  ctx.restore();
}

export function drawGap(u: uPlot, gap: Gap, colours: Colours, label: string): void {
  const { ctx, bbox } = u;
  const x = (time: number): number =>
    Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(time, 'x', true)));
  const left = x(gap.from);
  const width = x(gap.to) - left;
  if (width < 1) return;
  const scale = scaleOf(u);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, bbox.top, width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colours.ink2;
  ctx.globalAlpha = 0.3;
  ctx.lineWidth = scale;
  ctx.beginPath();
  for (let at = left - bbox.height; at < left + width; at += 7 * scale) {
    ctx.moveTo(at, bbox.top + bbox.height);
    ctx.lineTo(at + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.font = `${12 * scale}px ${colours.font}`;
  const textWidth = ctx.measureText(label).width;
  if (textWidth + 12 * scale < width) {
    const middle = left + (width - textWidth) / 2;
    ctx.fillStyle = colours.panel;
    ctx.fillRect(middle - 4 * scale, bbox.top + 4 * scale, textWidth + 8 * scale, 18 * scale);
    ctx.fillStyle = colours.ink2;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    ctx.fillText(label, middle, bbox.top + 13 * scale);
  }
  ctx.restore();
}

/** A ribbon at the foot of the plot, dotted (a gap is hatched and as high as the plot), with the word where it has room. */
export function drawSimulated(u: uPlot, span: Span, colours: Colours, label: string): void {
  const { ctx, bbox } = u;
  const scale = scaleOf(u);
  const x = (time: number): number =>
    Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(time, 'x', true)));
  const left = x(span.from);
  const width = Math.max(2 * scale, x(span.to) - left);
  if (span.to < (u.scales['x']?.min ?? 0) || span.from > (u.scales['x']?.max ?? 0)) return;
  const height = 18 * scale;
  const top = bbox.top + bbox.height - height;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.fillStyle = colours.panel;
  ctx.fillRect(left, top, width, height);
  ctx.strokeStyle = colours.ink3;
  ctx.lineWidth = 2 * scale;
  ctx.setLineDash([2 * scale, 4 * scale]);
  ctx.beginPath();
  for (const share of [0.1, 0.9]) {
    ctx.moveTo(left, top + height * share);
    ctx.lineTo(left + width, top + height * share);
  }
  ctx.stroke();
  ctx.font = `${12 * scale}px ${colours.font}`;
  const textWidth = ctx.measureText(label).width;
  if (textWidth + 8 * scale < width) {
    ctx.fillStyle = colours.ink2;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(label, left + width / 2, top + height / 2);
  }
  ctx.restore();
}

export function drawLimit(
  u: uPlot,
  limit: { readonly value: number; readonly label: string; readonly level: Level },
  colours: Colours,
  number: string,
): void {
  const { ctx, bbox } = u;
  const y = Math.round(u.valToPos(limit.value, 'y', true));
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  const scale = scaleOf(u);
  ctx.save();
  ctx.strokeStyle = colours.levels[limit.level].fill;
  ctx.lineWidth = 1.4 * scale;
  ctx.setLineDash([6 * scale, 4 * scale]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.fillStyle = colours.ink2;
  ctx.font = `${12 * scale}px ${colours.font}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.fillText(`${limit.label} ${number}`, bbox.left + 6 * scale, y - 2 * scale);
  ctx.restore();
}

export function drawMark(
  u: uPlot,
  mark: { readonly at: number; readonly level: Level },
  colours: Colours,
): void {
  const { ctx, bbox } = u;
  const x = u.valToPos(mark.at, 'x', true);
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  const scale = scaleOf(u);
  const { fill, text } = colours.levels[mark.level];
  const y = bbox.top - 10 * scale;
  const r = 8 * scale;
  ctx.save();
  ctx.strokeStyle = fill;
  ctx.lineWidth = scale;
  ctx.setLineDash([2 * scale, 3 * scale]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.lineWidth = 1.6 * scale;
  ctx.fillStyle = colours.panel;
  ctx.beginPath();
  outline(ctx, mark.level, x, y, r);
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = text;
  ctx.font = `600 ${10 * scale}px ${colours.font}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(digits[mark.level], x, y + (mark.level === 'orange' ? 2.5 : 0.5) * scale);
  ctx.restore();
}

function outline(ctx: CanvasRenderingContext2D, level: Level, x: number, y: number, r: number): void {
  if (level === 'red') {
    ctx.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
  } else if (level === 'orange') {
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y + r * 0.85);
    ctx.lineTo(x - r, y + r * 0.85);
  } else if (level === 'yellow') {
    ctx.moveTo(x, y - r * 1.1);
    ctx.lineTo(x + r * 1.1, y);
    ctx.lineTo(x, y + r * 1.1);
    ctx.lineTo(x - r * 1.1, y);
  } else {
    ctx.arc(x, y, r, 0, 2 * Math.PI);
  }
}

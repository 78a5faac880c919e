// The metrics of one process for Prometheus: a registry made once by serving, handed to whom it concerns. No global
// state. Names end in their unit, labels are bounded lists; other threads' counters arrive as shared memory or status.

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  counter(name: string, help: string): (amount?: number) => void;
  /** `values` is the whole list of the label's values: anything else is counted as `other`. */
  counterBy(name: string, help: string, label: string, values: readonly string[]): (value: string) => void;
  gauge(name: string, help: string, read: () => number): void;
  /** Counters kept elsewhere, read when scraped: one metric with the key as the label `name`. */
  totals(name: string, help: string, read: () => Readonly<Record<string, number>>): void;
  histogram(name: string, help: string, buckets: readonly number[]): (value: number) => void;
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function createMetrics(options: { readonly withProcess: boolean }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.withProcess) collectDefaultMetrics({ register: registry, prefix: 'fengsui_' });
  return {
    counter: (name, help) => {
      const counter = new Counter({ name, help, registers });
      return (amount = 1) => counter.inc(amount);
    },
    counterBy: (name, help, label, values) => {
      const known = new Set(values);
      const counter = new Counter({ name, help, registers, labelNames: [label] });
      return (value) => counter.inc({ [label]: known.has(value) ? value : 'other' });
    },
    gauge: (name, help, read) => {
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          collect() {
            this.set(read());
          },
        }),
      );
    },
    totals: (name, help, read) => {
      registry.registerMetric(
        new Counter({
          name,
          help,
          registers: [],
          labelNames: ['name'],
          collect() {
            this.reset();
            for (const [key, value] of Object.entries(read())) this.inc({ name: key }, value);
          },
        }),
      );
    },
    histogram: (name, help, buckets) => {
      const histogram = new Histogram({ name, help, registers, buckets: [...buckets] });
      return (value) => histogram.observe(value);
    },
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

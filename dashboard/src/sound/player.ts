// Plays the patterns with the browser's own synthesiser (no files). Silent until a person has clicked once: browsers
// want it so, and the strip says 声音未开 until then.

import { patterns, type SoundName } from './patterns.ts';

const volume = 0.25;
/** Between two levels of the test. */
const testPauseMs = 500;

export class SoundPlayer {
  private context: AudioContext | null = null;
  private current: SoundName | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private playing: OscillatorNode[] = [];
  private testUntil = 0;

  get isOn(): boolean {
    return this.context?.state === 'running';
  }

  /** From a click. */
  async turnOn(): Promise<boolean> {
    this.context ??= new AudioContext();
    await this.context.resume();
    if (this.current !== null) this.repeat(this.current);
    return this.isOn;
  }

  /** What must sound now; null = nothing. The same again changes nothing. */
  set(sound: SoundName | null): void {
    if (sound === this.current) return;
    this.current = sound;
    clearTimeout(this.timer);
    this.quiet();
    if (sound !== null) this.repeat(sound);
  }

  /** A new blue alarm sounds once more though its level sounded before. */
  again(sound: SoundName): void {
    if (this.current === sound && patterns[sound].everyMs === null) this.play(sound, 0);
  }

  /** All four, red first; what sounds by itself waits until the end. */
  test(): number {
    let atMs = 0;
    for (const sound of ['red', 'orange', 'yellow', 'blue'] as const) {
      this.play(sound, atMs);
      atMs += lengthOf(sound) + testPauseMs;
    }
    this.testUntil = performance.now() + atMs;
    return atMs;
  }

  private repeat(sound: SoundName): void {
    clearTimeout(this.timer);
    const waitMs = this.testUntil - performance.now();
    if (waitMs <= 0) this.play(sound, 0);
    const { everyMs } = patterns[sound];
    if (everyMs !== null || waitMs > 0) {
      this.timer = setTimeout(() => this.repeat(sound), waitMs > 0 ? waitMs : (everyMs ?? 0));
    }
  }

  private play(sound: SoundName, delayMs: number): void {
    const { context } = this;
    if (context === null || context.state !== 'running') return;
    for (const { hz, startMs, lengthMs } of patterns[sound].tones) {
      const begin = context.currentTime + (delayMs + startMs) / 1000;
      const end = begin + lengthMs / 1000;
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      oscillator.type = sound === 'cutOff' ? 'triangle' : 'square';
      oscillator.frequency.value = hz;
      gain.gain.setValueAtTime(0, begin);
      gain.gain.linearRampToValueAtTime(volume, begin + 0.01);
      gain.gain.setValueAtTime(volume, end - 0.02);
      gain.gain.linearRampToValueAtTime(0, end);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(begin);
      oscillator.stop(end);
      this.playing.push(oscillator);
      oscillator.addEventListener('ended', () => {
        this.playing = this.playing.filter((one) => one !== oscillator);
      });
    }
  }

  private quiet(): void {
    for (const oscillator of this.playing) oscillator.stop();
    this.playing = [];
  }
}

function lengthOf(sound: SoundName): number {
  return Math.max(...patterns[sound].tones.map((tone) => tone.startMs + tone.lengthMs));
}

// Status bits of a reading (MT/T 1201 bit mask, plus two of our own above it).
// "Usable" is the question every rule asks first; unusable never means false, it means unknown.

export const statusBit = {
  alarm: 1,
  powerOff: 2,
  calibration: 4,
  overRange: 8,
  stationFault: 16,
  notPolled: 32,
  paused: 64,
  sensorFault: 128,
  /** Ours: the stamp lay more than 30 s ahead, the received time took its place. */
  clockAhead: 256,
} as const;

/** Any of these bits makes a sample unusable for rules (calibration only inside a declared window). */
export const unusableMask =
  statusBit.stationFault | statusBit.notPolled | statusBit.paused | statusBit.sensorFault;

/** Status bits a source may send; higher ones are ours. */
export const wireStatusMask = 255;

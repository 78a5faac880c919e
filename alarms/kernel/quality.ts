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
  /** Ours: a source that the site declares as a simulator made the value up. Usable like any other, and shown as such. */
  simulated: 512,
} as const;

/** Any of these bits makes a sample unusable for rules (calibration only inside a declared window). */
export const unusableMask =
  statusBit.stationFault | statusBit.notPolled | statusBit.paused | statusBit.sensorFault;

/** Status bits a source may send; higher ones are ours: nobody can mark or unmark his own values. */
export const wireStatusMask = 255;

/** All there are: what a record may hold. */
export const recordedStatusMask = wireStatusMask | statusBit.clockAhead | statusBit.simulated;

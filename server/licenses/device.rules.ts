import { z } from 'zod';

/** A device as its program names it. */
export type Device = { /** Opaque, and compared as it is. */ fingerprint: string; name?: string | undefined; platform?: string | undefined };

const oneLine = /^[^\p{Cc}\p{Cs}]*$/u;

/** What a program sends to name a device. */
export const fingerprint = z
  .string()
  .min(1, 'must not be empty')
  .max(255)
  .regex(/^[!-~]*$/, 'must be printable ASCII without spaces, such as a digest in hexadecimal')
  .meta({ description: 'The fingerprint of the device: whatever your program makes it of, the same each time and another on each device. Send a digest rather than serial numbers.', example: '4f1c2d9ab07e53c1' });
export const deviceName = z.string().trim().min(1, 'must not be empty').max(100).regex(oneLine, 'must be one line of text').meta({ description: 'For people, to tell their devices apart.', example: "Anna's laptop" });
export const devicePlatform = z.string().trim().min(1, 'must not be empty').max(64).regex(oneLine, 'must be one line of text').meta({ example: 'macOS 15' });

/** The form of a name in which it is searched for. */
export function deviceNameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** What a text may begin of a device, by which it is looked for in two indexes. */
export type DevicePrefix = { fingerprint: string; nameKey: string };
/** Fewer characters begin too many fingerprints to mean one. */
const shortestPrefix = 3;

/** The text as the beginning of a fingerprint or a name; undefined when it is too short to mean one. */
export function devicePrefixOf(text: string): DevicePrefix | undefined {
  return text.length < shortestPrefix ? undefined : { fingerprint: text, nameKey: deviceNameKey(text) };
}

/** Names that people give to secrets, and the names beside them that only sound so. */
import { shapeMembers } from './type-members.ts';
import type { Node, Source } from './syntax.ts';

const secret =
  /(^|_|[a-z0-9])(password|passwd|passphrase|passcode|pwd|pass|secret|token|api_?key|access_?key|private_?key|signing_?key|encryption_?key|credentials?|otp|totp|cvv|cvc|pin|jwt|bearer|authorization|client_?secret|mfa_?code|session_?id|connection_?string)$/i;
/** `tokenCount`, `isSecret`, `csrf…`: about a secret, or none. */
const about =
  /^(is|has|masked|redacted|no|num|max|min|count|with|without|hide|hidden|public|csrf|xsrf|by|cancel|cancellation|injection|inject|next|page|continuation|mapping|pass|bypass|compass)(_|[A-Z]|$)|^(bypass|compass|passThrough|mapPin|spin)$/;

export function isSecretName(name: string): boolean {
  return secret.test(name) && boundary(name) && (!about.test(name) || /^(pass)$/.test(name));
}

/** `pin` ends `spin` too: the word must begin where a word can begin. */
function boundary(name: string): boolean {
  return (
    /(^|_)(pin|pass|pwd|otp|jwt|cvv|cvc)$/i.test(name) ||
    /[a-z0-9](Pin|Pass|Pwd|Otp|Jwt|Cvv|Cvc|OTP|JWT|PIN)$/.test(name) ||
    !/(pin|pass|pwd|otp|jwt|cvv|cvc)$/i.test(name)
  );
}

/** True where an object of this type has a member that is named like a secret. */
export function secretsIn(type: Node | undefined, path: readonly string[], source: Source): boolean {
  return shapeMembers(type, path, source).some(isSecretName);
}

/** The models that may be asked for by name: those of the plan's list (undefined: all), and of a plan without a list visitors may name the aliases alone, so that no page chooses the dearest model there is. */
export function modelsFor(visitor: string | null, allowedModels: readonly string[] | undefined, aliases: Iterable<string>): readonly string[] | undefined {
  return visitor === null ? allowedModels : (allowedModels ?? [...aliases]);
}

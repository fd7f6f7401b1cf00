/** A cloud whose monitoring can be read. */
export type Provider = 'aws' | 'gcp' | 'azure'

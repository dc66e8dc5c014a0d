//! The syntax of `--allow`, as the help of `mint` and `delegate` shows it.

/// The syntax, one form in each line. A test parses every example in it.
pub const SYNTAX: &str = "\
Syntax of --allow: 'OPERATION RESOURCE [ARG…]'
  crm.read, crm.*, *                    an operation, all below it, every operation
  accounts/42, accounts/*, accounts/**  a resource, one segment below it, everything below it
  **                                    every resource
  limit                                 a required argument with any value
  limit=0..100                          an integer from 0 to 100, both included
  limit<=100  limit>=1                  an integer, at most or at least this
  mode=ro  dry_run=true  tag=\"a b\"      exactly this: JSON if it parses as JSON, else a string
  currency:one_of=USD,EUR               one of these
  to:none_of=root,admin                 any other string, integer or boolean
  path:subpath=/srv/emea                this directory or a path below it
  file~reports/*.csv                    a path that matches this glob
  site:url=https://*.acme.com/v1        a URL; {a,b} for a choice of schemes, hosts or ports
  address:cidr=10.0.0.0/8               an address in this network
  note:max_len=200                      a string of at most 200 bytes, or a list of 200 elements
  tags:subset_of=a,b                    a list of nothing else
  tags:contains_all=a,b                 a list with all of these
  name^=Q3  name$=_draft                a string with this beginning or end, whatever the rest is
  limit?=0..100                         the same for an optional argument
  files[]:subpath=/srv                  a list, each element of which satisfies the limit
  /filter/owner  /files/*/path          a member of an object, or of each object in a list
  filter/**                             an optional argument with any value, and anything inside it
  ...                                   other arguments are allowed; without it they are refused
Several limits on one argument must all hold: 'limit=0..100 limit:none_of=13'. Write text with
blanks, commas or operators as a JSON string: '\"my limit\"<=5', 'note^=\"dear all\"'.
^= and $= know nothing of paths and addresses: path^=/data permits /data/../etc/passwd, and
to$=@acme.com permits eve@evil.com,x@acme.com. <= permits negative numbers.";
